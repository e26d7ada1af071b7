/** What a systemd unit of a worker is made of. */
export interface UnitOptions {
  /** `system` has more hardening: where users may make no name spaces, their manager fails to start a service that asks for one. */
  readonly scope: 'system' | 'user';
  readonly description: string;
  /** Absolute. */
  readonly workingDirectory: string;
  /** Program and arguments; the program with an absolute path. */
  readonly command: readonly string[];
  /** User that a system service runs as. */
  readonly runAs?: string;
  /** File with environment variables, such as passwords; absolute. */
  readonly environmentFile?: string;
}

/** Enforced by the kernel for the process alone. Taken from whoever attacks the worker, and nothing that Node.js needs. Not MemoryDenyWriteExecute: its compiler writes code. */
const everywhere = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
  'UMask=0027',
];

const systemOnly = [
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'DevicePolicy=closed',
  'PrivateDevices=yes',
  'PrivateTmp=yes',
  'ProcSubset=pid',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHome=read-only',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'ProtectSystem=strict',
  'RemoveIPC=yes',
];

/**
 * The text of the unit.
 *
 * It is restarted after a crash, not after wrong use (exit code 2) nor when it ended by itself with files that failed (3). The stop
 * signal goes to the worker alone, which has time for its running calls; what is left after that is killed.
 */
export function unitText(options: UnitOptions): string {
  const { scope, description, workingDirectory, command, runAs, environmentFile } = options;
  const isSystem = scope === 'system';
  const lines = [
    '[Unit]',
    `Description=${escaped(description)}`,
    ...(isSystem ? ['After=network-online.target', 'Wants=network-online.target'] : []),
    '',
    '[Service]',
    'Type=exec',
    ...(isSystem && runAs !== undefined ? [`User=${runAs}`] : []),
    `WorkingDirectory=${escaped(workingDirectory)}`,
    ...(environmentFile === undefined ? [] : [`EnvironmentFile=${escaped(environmentFile)}`]),
    'Environment=NODE_ENV=production',
    `ExecStart=${command.map(quoted).join(' ')}`,
    'Restart=on-failure',
    'RestartSec=5',
    'RestartPreventExitStatus=2 3',
    'KillMode=mixed',
    'TimeoutStopSec=60',
    '',
    ...everywhere,
    ...(isSystem ? [...systemOnly, `ReadWritePaths=${quotedPath(workingDirectory)}`] : []),
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** systemd replaces `%` everywhere. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

function quotedPath(path: string): string {
  return `"${escaped(path).replace(/["\\]/g, '\\$&')}"`;
}

/** One argument of a command line, in which systemd replaces `$` too. */
function quoted(argument: string): string {
  if (/^[\w./:=,@+-]+$/.test(argument)) return argument;
  const inner = escaped(argument).replace(/["\\]/g, '\\$&').replaceAll('$', '$$$$').replaceAll('\n', '\\n');
  return `"${inner}"`;
}
