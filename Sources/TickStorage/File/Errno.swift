import Glibc

/// The operating system's sentence for an error number.
func describe(errno number: Int32) -> String {
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text) + " (errno \(number))"
}
