/// What a command tells the shell. The numbers are a contract with scripts.
enum ExitStatus: Int32 {
  case done = 0
  case failed = 1
  case usage = 2
  case rejectedRows = 3
  case cannotConnect = 4
  case interrupted = 130
}

/// Ends a command with a status other than 0, and a sentence where there is something to say.
struct Failure: Error {
  var status: ExitStatus
  var sentence: String?

  init(_ status: ExitStatus, _ sentence: String? = nil) {
    self.status = status
    self.sentence = sentence
  }
}
