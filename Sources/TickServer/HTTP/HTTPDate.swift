/// The date of an answer, which HTTP wants in English whatever the locale.
import Glibc

private let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
private let months = [
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]

/// For example `Mon, 23 Nov 2026 21:55:00 GMT`.
func httpDate() -> String {
  var now = time_t()
  unsafe time(&now)
  var parts = unsafe tm()
  unsafe gmtime_r(&now, &parts)
  let weekday = unsafe weekdays[Int(parts.tm_wday) % 7]
  let month = unsafe months[Int(parts.tm_mon) % 12]
  let day = unsafe "\(weekday), \(padded(parts.tm_mday)) \(month) \(parts.tm_year + 1900)"
  let clock = unsafe "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
  return "\(day) \(clock) GMT"
}

private func padded(_ number: Int32) -> String {
  number < 10 ? "0\(number)" : "\(number)"
}
