import type { OwnDeclarations } from './metadata-store.js';

/** One sentence for each mistake that the decorators of a class and of its bases found in how they are written. */
export function mistakeTexts(chain: readonly OwnDeclarations[]): string[] {
  return chain.flatMap(({ target, classRecord, mistakes }) => {
    const name = classRecord?.className ?? target.name;
    const className = name === '' ? 'the class' : name;
    const ofClass = mistakes.filter(({ member }) => member === undefined);
    const ofMembers = mistakes.filter(({ member }) => member !== undefined);
    return [
      ...ofClass.map(({ text }) => `${className}: ${text}`),
      ...ofMembers.map(({ member, text }) => `${className}.${member!}: ${text}`),
    ];
  });
}

/** Whether one of these decorators was written wrongly somewhere: that it is missing is then no mistake of its own. */
export function isMistaken(chain: readonly OwnDeclarations[], decorators: readonly string[]): boolean {
  return chain.some(({ mistakes }) => mistakes.some(({ decorator }) => decorators.includes(decorator)));
}
