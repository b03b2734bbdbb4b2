/// Makes trades that look like an exchange's, from a seed: the input of run.py.
///
///     Benchmarks DIRECTORY ROWS [SEED]
///
/// Writes `SYMBOL-trades-DATE.csv` in the Binance layout, five days of four symbols with shares of 40, 30, 20 and
/// 10 %: millisecond times in bursts, prices that walk in ticks, sizes with a few favourites, ids without gaps.
import Glibc

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

struct Market {
  let symbol: String
  let share: Double
  /// Price in units of 10^-priceDigits.
  let price: Int
  let priceDigits: Int
  let sizeDigits: Int
}

let markets = [
  Market(symbol: "BTCUSDT", share: 0.4, price: 6_170_000, priceDigits: 2, sizeDigits: 5),
  Market(symbol: "ETHUSDT", share: 0.3, price: 268_000, priceDigits: 2, sizeDigits: 4),
  Market(symbol: "SOLUSDT", share: 0.2, price: 15_500, priceDigits: 2, sizeDigits: 3),
  Market(symbol: "XRPUSDT", share: 0.1, price: 6_100, priceDigits: 4, sizeDigits: 0),
]
let days = 5
/// 2024-08-05 00:00:00 UTC.
let firstDayMilliseconds = 1_722_816_000_000
let dayMilliseconds = 86_400_000

func append(_ units: Int, digits: Int, to line: inout [UInt8]) {
  var divisor = 1
  for _ in 0..<digits { divisor *= 10 }
  line += Array(String(units / divisor).utf8)
  guard digits > 0 else { return }
  line.append(UInt8(ascii: "."))
  let fraction = String(units % divisor)
  line += Array(repeating: UInt8(ascii: "0"), count: digits - fraction.utf8.count)
  line += Array(fraction.utf8)
}

func write(_ market: Market, day: Int, rows: Int, to path: String, seed: UInt64) {
  var random = SplitMix64(state: seed)
  guard let file = unsafe fopen(path, "w") else {
    unsafe perror(path)
    exit(1)
  }
  var price = market.price
  var time = firstDayMilliseconds + day * dayMilliseconds
  let end = time + dayMilliseconds - 1
  var id = 1_000_000_000 + day * rows
  var buffer: [UInt8] = []
  for row in 0..<rows {
    // Bursts: most trades share the millisecond of the one before; the rest spread over what is left of the day.
    if random.next() % 100 < 35 {
      let left = (end - time) * 2 / max(1, (rows - row) * 35 / 100)
      time = min(end, time + Int(random.next() % UInt64(max(1, left + 1))))
    }
    let step = random.next() % 16
    if step == 0 { price += 1 } else if step == 1 { price = max(1, price - 1) }
    if step == 2 { price = max(1, price + Int(random.next() % 9) - 4) }
    let favourite = random.next() % 4 == 0
    let size =
      favourite ? [100, 1_000, 5_000][Int(random.next() % 3)] : Int(random.next() % 40_000) + 1
    buffer += Array(String(id).utf8)
    buffer.append(UInt8(ascii: ","))
    append(price, digits: market.priceDigits, to: &buffer)
    buffer.append(UInt8(ascii: ","))
    append(size, digits: market.sizeDigits, to: &buffer)
    buffer.append(UInt8(ascii: ","))
    append(price * size, digits: market.priceDigits + market.sizeDigits, to: &buffer)
    buffer += Array(",\(time),".utf8)
    buffer += Array((random.next() % 2 == 0 ? "True,True\n" : "False,True\n").utf8)
    id += 1
    if buffer.count > 1 << 20 || row == rows - 1 {
      guard unsafe fwrite(buffer, 1, buffer.count, file) == buffer.count else {
        unsafe perror(path)
        exit(1)
      }
      buffer.removeAll(keepingCapacity: true)
    }
  }
  guard unsafe fclose(file) == 0 else {
    unsafe perror(path)
    exit(1)
  }
}

@main enum Generate {
  static func main() {
    let arguments = CommandLine.arguments
    if arguments.dropFirst() == ["decode"] { return Decode.run() }
    guard arguments.count >= 3, let total = Int(arguments[2]), total >= 100,
      let seed = UInt64(arguments.count > 3 ? arguments[3] : "1")
    else {
      print("usage: Benchmarks DIRECTORY ROWS [SEED] | decode")
      exit(2)
    }
    for (number, market) in markets.enumerated() {
      for day in 0..<days {
        let rows = Int(Double(total) * market.share) / days
        write(
          market, day: day, rows: rows,
          to: "\(arguments[1])/\(market.symbol)-trades-2024-08-0\(5 + day).csv",
          seed: seed &* 1_000 &+ UInt64(number * days + day))
      }
    }
  }
}
