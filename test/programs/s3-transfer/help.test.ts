import { expect, it } from 'vitest';
import { UserProject } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';

it('reproducer s3-transfer has its help on docs/s3-transfer.md', async () => {
  const project = new UserProject();
  try {
    const { stdout } = await project.reproducer('s3-transfer', '--help');
    expect(readMarkdown('docs/s3-transfer.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  } finally {
    project.remove();
  }
});
