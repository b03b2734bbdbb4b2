/// Keeps the process alive when a mapped file is cut or cannot be read.
///
/// The handler is process-wide, so a library must not install it by itself: `tickbase` does, embedders may.
/// While it is not installed, files are read with `pread` and no mapping exists that could fault.
internal import CTickKernels

public enum SIGBUSGuard {
  /// Installs the handler once; an earlier one keeps receiving every fault outside our mappings.
  public static func install() throws(StorageError) {
    let code = tick_guard_install()
    guard code == 0 else { throw .io(operation: "sigaction", path: "SIGBUS", errno: code) }
  }

  public static var isInstalled: Bool { tick_guard_is_installed() == 1 }
}
