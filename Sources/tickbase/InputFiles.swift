/// The files that arguments of `import` mean: files, directories with all that is in them, patterns that the shell left
/// as they are, and `-` for standard input.
import Glibc

struct InputFile {
  let path: String
  /// What messages and reports call it.
  let name: String
  /// False for one that lay in a directory: what is no market data there is skipped, not a failure.
  let isNamed: Bool
}

enum InputFiles {
  /// - Throws: a failure for a name that nothing has.
  static func expand(_ arguments: [String]) throws(Failure) -> [InputFile] {
    var files: [InputFile] = []
    for argument in arguments {
      if argument == "-" {
        files.append(InputFile(path: "/dev/stdin", name: "standard input", isNamed: true))
        continue
      }
      switch kind(of: argument) {
      case S_IFDIR: files += walk(argument)
      case nil:
        let found = matches(argument)
        // What is not there is said when its turn comes, with the system's reason.
        guard !found.isEmpty else {
          files.append(InputFile(path: argument, name: argument, isNamed: true))
          continue
        }
        for path in found {
          if kind(of: path) == S_IFDIR {
            files += walk(path)
          } else {
            files.append(InputFile(path: path, name: path, isNamed: true))
          }
        }
      default: files.append(InputFile(path: argument, name: argument, isNamed: true))
      }
    }
    guard !files.isEmpty else {
      throw Failure(.failed, "there are no files in \(arguments.joined(separator: ", "))")
    }
    return files
  }

  /// The files of a directory and of those in it, by name; hidden ones and reports of earlier imports are none.
  private static func walk(_ directory: String) -> [InputFile] {
    var files: [InputFile] = []
    let base = directory.hasSuffix("/") ? directory : directory + "/"
    for name in names(in: directory).sorted() where !name.hasPrefix(".") {
      let path = base + name
      switch kind(of: path) {
      case S_IFDIR: if !isLink(path) { files += walk(path) }
      case S_IFREG:
        if !name.hasSuffix(".rejects.tsv") {
          files.append(InputFile(path: path, name: path, isNamed: false))
        }
      default: break
      }
    }
    return files
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func matches(_ pattern: String) -> [String] {
    guard pattern.contains(where: { "*?[".contains($0) }) else { return [] }
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(unsafe found.gl_pathc)).compactMap { i in
      unsafe found.gl_pathv[i].map { unsafe String(cString: $0) }
    }
  }

  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
