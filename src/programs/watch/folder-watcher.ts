import { watch } from 'chokidar';

export interface FolderWatcherOptions {
  readonly root: string;
  /** On absolute paths of files and folders. */
  readonly isIgnored: (localPath: string) => boolean;
  /** Looks at everything now and then rather than to be told by the system: for network shares. Milliseconds. */
  readonly pollMs?: number;
  /** A file is there that was not, or it changed. */
  readonly onFile: (localPath: string) => void;
  readonly onRemoved: (localPath: string) => void;
  readonly onError: (error: Error) => void;
}

export interface FolderWatcher {
  /** Resolves when everything that was there has been told. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Tells of files that are in a folder, appear there, change or vanish, at any depth, also in folders that are made later. */
export function watchFolder(options: FolderWatcherOptions): FolderWatcher {
  const { root, isIgnored, pollMs, onFile, onRemoved, onError } = options;
  const watcher = watch(root, {
    ignored: isIgnored,
    // A link may lead back into the folder. One to a file is told of, and whoever reads it follows it.
    followSymlinks: false,
    ignorePermissionErrors: false,
    ...(pollMs === undefined ? {} : { usePolling: true, interval: pollMs, binaryInterval: pollMs }),
  });
  watcher.on('add', onFile);
  watcher.on('change', onFile);
  watcher.on('unlink', onRemoved);
  watcher.on('error', error => onError(error instanceof Error ? error : new Error(String(error))));
  const ready = new Promise<void>(resolve => watcher.once('ready', () => resolve()));
  return { ready, close: () => watcher.close() };
}
