import TickEngine

let database = try Database.open(at: CommandLine.arguments[1])
defer { database.close() }
let sample = CommandLine.arguments[2]
let outcome = try database.importFile(sample)
print("\(outcome.rows) rows imported")
let candles = try database.query(
  "SELECT ts, close, volume FROM candles_1m WHERE symbol = {symbol:String} ORDER BY ts LIMIT 3",
  parameters: ["symbol": "BTCUSDT"])
for row in 0..<candles.rowCount {
  print(candles.text(row, 0), candles.text(row, 1), candles.text(row, 2))
}
