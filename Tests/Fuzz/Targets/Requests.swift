/// What the endpoint reads of a request before a statement runs: its target, parameters, header fields and credentials.
/// The framing itself is SwiftNIO's, which has fuzzers of its own.
import Foundation
import NIOCore
import NIOHTTP1
import TickColumns
import TickEngine

@testable import TickServer

/// Two users, so that the Host list is asked (one has no password) and a wrong password is possible.
private let admission = Admission(
  hosts: HostList(bound: "127.0.0.1"),
  accounts: Accounts([
    Account(name: "default"), Account(name: "desk", password: Account.PasswordHash(of: "key")),
  ]),
  limits: ServerLimits(),
  signature: ServerSignature(version: "1", dialectVersion: "1", displayName: "host"))

/// A line of method and target, then lines of header fields; what HTTP's own reader would not let through is left out.
private func requestHead(_ input: [UInt8]) -> HTTPRequestHead? {
  var lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
  guard let first = lines.popFirst(), let space = first.firstIndex(of: UInt8(ascii: " ")) else {
    return nil
  }
  let method = HTTPMethod(rawValue: String(decoding: first[..<space], as: UTF8.self))
  let target = String(decoding: first[(space + 1)...], as: UTF8.self)
  var headers = HTTPHeaders()
  for line in lines {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
      line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { continue }
    headers.add(
      name: String(decoding: line[..<colon], as: UTF8.self),
      value: String(decoding: line[(colon + 1)...], as: UTF8.self)
        .trimmingCharacters(in: CharacterSet(charactersIn: " \t\r")))
  }
  return HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
}

/// The head of a short answer is as many lines as it has fields, whatever of the request it shows.
private func requireWhole(_ reply: Reply, _ framing: Framing) {
  let head = ResponseHead(status: reply.status, fields: reply.fields, length: reply.body.count)
  let bytes = framing.head(head, keepsAlive: true)
  // Status, date, the fields, Connection, Keep-Alive, and the empty line; the length where there may be a body.
  let lines = 5 + reply.fields.count + (reply.status.hasBody ? 1 : 0)
  require(
    bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") } == lines,
    "a request puts lines into the head of its answer")
}

/// A request's head, up to the decision what becomes of it.
func readRequest(_ input: [UInt8]) {
  guard let head = requestHead(input) else { return }
  let (facts, refusal) = admission.facts(head)
  if let refusal { return requireWhole(refusal, facts.framing) }
  switch admission.decide(head, facts) {
  case .reply(let reply): requireWhole(reply, facts.framing)
  case .run(let plan):
    require(
      plan.heldBytes <= ServerLimits().heldResultBytesMax, "a request has more bytes held back")
    switch plan.work {
    case .statement(let request, _):
      require(
        request.isReadOnly == (head.method != .POST), "only POST may change anything, and POST may")
      require(
        request.user == "default" || request.user == "desk", "a user who is not known was let in")
    case .importing: require(head.method == .POST, "an import that is no POST was let in")
    case .page: require(head.method != .POST, "a page that is a POST was let in")
    }
  }
}

/// The parameters of a URL, and the codings that they and credentials are written in.
func readURL(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  if let parameters = decodeParameters(text[...]) {
    require(
      parameters.allSatisfy {
        !$0.name.isEmpty && $0.name.count + $0.value.count <= text.utf8.count
      },
      "parameters are more than the URL")
  }
  let written = decodeParameters("a=\(percentEncoded(text))"[...])
  require(
    written?.count == 1 && written?[0].value == Array(text.utf8),
    "a value changes when it is escaped and read")
  _ = base64Decoded(text[...])
  let packed = Data(input).base64EncodedString()
  require(base64Decoded(packed[...]) == input, "bytes change when written as Base64 and read")
  if let host = HostList.host(of: text) {
    require(!host.contains("]"), "a host's name holds its closing bracket")
  }
}
