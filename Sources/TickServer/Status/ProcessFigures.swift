/// The standard `process_*` figures, from what the kernel says of this process.
import Glibc
import TickEngine

enum ProcessFigures {
  static var families: [MetricFamily] {
    var out: [MetricFamily] = []
    func add(_ name: String, _ kind: MetricFamily.Kind, _ help: String, _ value: Double?) {
      if let value { out.append(MetricFamily("process_\(name)", kind, help, [.init(value)])) }
    }
    let fields = stat
    let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
    let page = Double(sysconf(Int32(_SC_PAGESIZE)))
    if fields.count > 21 {
      add(
        "cpu_seconds_total", .counter, "Processor time, user and system.",
        (fields[11] + fields[12]) / tick)
      add("virtual_memory_bytes", .gauge, "Virtual memory.", fields[20])
      add("resident_memory_bytes", .gauge, "Memory that is held.", fields[21] * page)
      add("threads", .gauge, "Threads.", fields[17])
      if let boot = bootSeconds {
        add(
          "start_time_seconds", .gauge, "Start of the process since 1970-01-01 UTC.",
          boot + fields[19] / tick)
      }
    }
    add("open_fds", .gauge, "Open files.", openFiles.map(Double.init))
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      add("max_fds", .gauge, "Files that may be open.", Double(limit.rlim_cur))
    }
    return out
  }

  /// The numbers of `/proc/self/stat` behind the state, from the parent's id on: number 0 is field 3 of proc(5).
  private static var stat: [Double] {
    // The name in parentheses may hold blanks.
    guard let line = content(of: "/proc/self/stat")?.split(separator: ")").last else { return [] }
    return line.split(separator: " ").map { Double($0) ?? 0 }
  }

  private static var bootSeconds: Double? {
    content(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst("btime ".count)) }
  }

  private static var openFiles: Int? {
    guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    // Itself, its parent, and the handle that reads.
    return count - 3
  }

  private static func content(of path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
