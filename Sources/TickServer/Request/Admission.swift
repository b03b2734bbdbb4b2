/// Decides from the head of a request, before a byte of its body is read, what becomes of it.
///
/// Invariants:
/// 1. The Host list is asked first: nothing is told to a page that got here under a foreign name.
/// 2. Only a plan that passed every check reaches the engine, and only POST makes one that may change anything. An import
///    passes the checks that a statement passes.
/// 3. What cannot be framed without doubt is refused and the connection closed (request smuggling).
import NIOCore
import NIOHTTP1
import TickColumns
import TickEngine

/// A short answer that the endpoint gives by itself.
struct Reply: Sendable {
  var status: StatusCode
  var fields: [(name: String, value: String)]
  var body: [UInt8]
  /// True when nothing after this request can be trusted.
  var mustClose = false

  static func text(_ status: StatusCode, _ sentence: String, mustClose: Bool = false) -> Reply {
    Reply(
      status: status, fields: [("Content-Type", "text/plain; charset=UTF-8")],
      body: Array((sentence + "\n").utf8), mustClose: mustClose)
  }
}

/// What a worker is asked to do.
enum RequestedWork: Sendable {
  /// The text is that of the URL; what the body begins with is added when it arrived.
  case statement(QueryRequest, SessionTicket?)
  /// The body is the file.
  case importing(ImportRequest)
  case page(StatusPage)
}

/// Work that may be submitted: a statement once its text has arrived, an import at once.
struct QueryPlan: Sendable {
  var work: RequestedWork
  var queryID: String
  var framing: Framing
  var exceptionTag: String
  /// Result bytes to hold back before the status line goes out.
  var heldBytes: Int
  /// True when a result beyond `heldBytes` is an error instead of a stream.
  var waitsForEnd = false
  /// True when every piece of the result goes out when it is written.
  var sendsAtOnce = false
  /// How the request's body is packed. The text in the URL never is.
  var requestCoding = BodyCoding()
  /// How the answer is packed.
  var answerCoding = BodyCoding()
  /// Nil for the default of the packing.
  var packingLevel: Int?
  /// What lets a page of another origin read the answer.
  var originFields: [(name: String, value: String)] = []
}

enum Decision: Sendable {
  case reply(Reply)
  case run(QueryPlan)
}

/// What the head says about its message.
struct MessageFacts: Sendable {
  var framing: Framing
  var expectsContinue: Bool
  /// Nil for a chunked body.
  var declaredLength: Int?
  var peer: SocketAddress?
  var hasBody: Bool { declaredLength != 0 }
}

struct Admission: Sendable {
  let hosts: HostList
  let accounts: Accounts
  let limits: ServerLimits
  let signature: ServerSignature
  /// A path that a reverse proxy puts in front of every path and leaves there; empty for none.
  var pathPrefix = ""
  var origins = AllowedOrigins.none

  /// Checks and framing that hold for every path. Throws nothing: a bad message is a reply.
  func facts(_ head: HTTPRequestHead) -> (MessageFacts, refusal: Reply?) {
    let isHTTP11 = head.version.minor >= 1
    let framing = Framing(isHTTP11: isHTTP11, isHeadOnly: head.method == .HEAD)
    var facts = MessageFacts(framing: framing, expectsContinue: false, declaredLength: 0)
    let headers = head.headers

    let codings = headers["Transfer-Encoding"]
    let lengths = headers["Content-Length"]
    if !codings.isEmpty {
      facts.declaredLength = nil
      guard isHTTP11, lengths.isEmpty, codings.count == 1, codings[0].lowercased() == "chunked"
      else {
        return (
          facts,
          .text(
            .badRequest,
            "Transfer-Encoding must be 'chunked', once, in HTTP/1.1 and without Content-Length",
            mustClose: true)
        )
      }
    } else if let text = lengths.first {
      guard lengths.count == 1, let length = Int(text), length >= 0 else {
        return (
          facts, .text(.badRequest, "Content-Length must be one decimal number", mustClose: true)
        )
      }
      facts.declaredLength = length
    }

    if let expectation = headers.first(name: "Expect"), isHTTP11 {
      guard expectation.lowercased() == "100-continue" else {
        return (
          facts,
          .text(.expectationFailed, "of expectations only '100-continue' is met", mustClose: true)
        )
      }
      facts.expectsContinue = facts.hasBody
    }
    return (facts, sizeRefusal(head) ?? hostRefusal(head, isHTTP11: isHTTP11))
  }

  private func sizeRefusal(_ head: HTTPRequestHead) -> Reply? {
    guard head.uri.utf8.count <= limits.targetBytesMax else {
      return .text(
        .uriTooLong,
        "the request URL is longer than \(limits.targetBytesMax) bytes; send the query in the body of a POST",
        mustClose: true)
    }
    var bytes = 0
    for (name, value) in head.headers { bytes += name.utf8.count + value.utf8.count }
    guard bytes <= limits.headerBytesMax, head.headers.count <= limits.headerCountMax else {
      return Self.headersTooLarge(limits)
    }
    return nil
  }

  static func headersTooLarge(_ limits: ServerLimits) -> Reply {
    .text(
      .headersTooLarge,
      "the request head is larger than \(limits.headerBytesMax) bytes or \(limits.headerCountMax) header fields, or its URL than \(limits.targetBytesMax) bytes",
      mustClose: true)
  }

  private func hostRefusal(_ head: HTTPRequestHead, isHTTP11: Bool) -> Reply? {
    let values = head.headers["Host"]
    guard values.count <= 1, !isHTTP11 || values.count == 1 else {
      return .text(.badRequest, "a request carries exactly one Host header", mustClose: true)
    }
    // A page that got here under a foreign name knows no password.
    guard accounts.hasEmptyPassword else { return nil }
    for name in [RequestTarget(head.uri)?.authority, values.first].compactMap({ $0 })
    where !hosts.contains(hostHeader: name) {
      return .text(
        .misdirected,
        "this server does not answer to the host name '\(Framing.safe(String(name.prefix(256))))'; use localhost, 127.0.0.1 or the name it listens on",
        mustClose: true)
    }
    return nil
  }

  /// Routes a message that `facts` found sound.
  func decide(_ head: HTTPRequestHead, _ facts: MessageFacts) -> Decision {
    guard let target = target(of: head) else { return .reply(noHandle(head)) }
    let isRead = head.method == .GET || head.method == .HEAD
    switch target.path {
    case "/ping" where isRead: return .reply(Self.fine)
    case "/" where isRead && target.query == nil: return .reply(Self.fine)
    case _ where isRead && target.path.hasPrefix("/replicas_status"): return .reply(Self.fine)
    case "/healthz" where isRead: return .reply(Self.fine)
    case "/metrics" where isRead: return page(.metrics, facts)
    case "/readyz" where isRead:
      let isVerbose = target.query.map { $0.split(separator: "&").contains("verbose") } ?? false
      return page(.readiness(isVerbose: isVerbose), facts)
    case "/", "/query", "/import": break
    default: return .reply(noHandle(head))
    }
    if head.method == .OPTIONS {
      return .reply(
        Reply(
          status: .noContent,
          fields: [("Allow", "GET, HEAD, POST, OPTIONS")]
            + origins.preflightFields(for: head.headers.first(name: "Origin")), body: []))
    }
    guard isRead || head.method == .POST else { return .reply(noHandle(head)) }
    if let refusal = originRefusal(head, target) { return .reply(refusal) }
    return plan(head, facts, target)
  }

  /// What is asked for, behind the prefix; nil where it is no path.
  func target(of head: HTTPRequestHead) -> RequestTarget? {
    guard var target = RequestTarget(head.uri) else { return nil }
    if !pathPrefix.isEmpty, target.path.hasPrefix(pathPrefix) {
      let rest = target.path.dropFirst(pathPrefix.count)
      if rest.isEmpty || rest.first == "/" { target.path = rest.isEmpty ? "/" : rest }
    }
    return target
  }

  private func page(_ page: StatusPage, _ facts: MessageFacts) -> Decision {
    .run(
      QueryPlan(
        work: .page(page), queryID: "", framing: facts.framing, exceptionTag: "", heldBytes: 0))
  }

  private static let fine = Reply(
    status: .ok, fields: [("Content-Type", "text/html; charset=UTF-8")], body: Array("Ok.\n".utf8))

  private func noHandle(_ head: HTTPRequestHead) -> Reply {
    let uri = Framing.safe(String(head.uri.prefix(256)))
    let guess = uri.lowercased().contains("ping") ? ". Maybe you meant /ping." : "."
    return .text(
      .notFound,
      """
      There is no handle \(uri)\(guess)

      Use / or /ping for health checks, /healthz and /readyz for those of an orchestrator, /metrics for figures.
      Or /replicas_status for more sophisticated health checks.

      Send queries from your program with POST method or GET /?query=...
      """)
  }

  /// A page of another origin may not write, and a POST may be a write. Browsers cannot leave these headers out.
  private func originRefusal(_ head: HTTPRequestHead, _ target: RequestTarget) -> Reply? {
    guard head.method == .POST else { return nil }
    let host = target.authority ?? head.headers.first(name: "Host") ?? ""
    var isForeign = head.headers.first(name: "Sec-Fetch-Site")?.lowercased() == "cross-site"
    if let origin = head.headers.first(name: "Origin")?.lowercased() {
      if origins.mayWrite(origin) { return nil }
      if origin != "http://" + host.lowercased() { isForeign = true }
    }
    guard isForeign else { return nil }
    return .text(
      .forbidden,
      "a page of another origin may not send POST requests here; it could write in your name")
  }

  private func plan(
    _ head: HTTPRequestHead, _ facts: MessageFacts, _ target: RequestTarget
  ) -> Decision {
    var queryID = ""
    var originFields: [(name: String, value: String)] = []
    let tag = randomExceptionTag()
    do throws(EngineError) {
      let content = try checkBody(head, facts)
      if target.path == "/import" {
        guard content == nil else {
          throw EngineError(
            .notImplemented,
            "Content-Encoding is not supported by /import: send the file as it is, packed or not")
        }
        let parameters = try ImportParameters(target.query ?? "", head.headers, limits: limits)
        queryID = parameters.queryID.isEmpty ? randomQueryID() : parameters.queryID
        let account = try account(head, user: parameters.user, password: parameters.password)
        guard head.method == .POST else {
          throw EngineError(
            .readonly, "an import changes a table, which GET may not; send the file with POST")
        }
        guard !account.isReadOnly else {
          throw EngineError(.readonly, "an import changes a table, which \(account.name) may not")
        }
        var request = parameters.request
        (request.queryID, request.user) = (queryID, account.name)
        request.client = client(head, facts)
        let showsProgress = request.showsProgress
        return .run(
          QueryPlan(
            work: .importing(request), queryID: queryID, framing: facts.framing,
            exceptionTag: tag, heldBytes: showsProgress ? 0 : limits.resultChunkBytes,
            sendsAtOnce: showsProgress))
      }
      var parameters = try QueryParameters(target.query ?? "", limits: limits)
      try parameters.takeHeaders(head.headers, limits: limits)
      queryID = parameters.queryID.isEmpty ? randomQueryID() : parameters.queryID
      if parameters.asksForOrigins {
        guard !origins.isEmpty else {
          throw EngineError(
            .notImplemented,
            "setting 'add_http_cors_header' is '1', which is not supported unless the server's configuration names in http.cors_origins whose pages may read answers"
          )
        }
        originFields = origins.fields(for: head.headers.first(name: "Origin"))
      }
      let account = try account(head, user: parameters.user, password: parameters.password)

      var text = parameters.text
      if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
      var request = QueryRequest(
        text: text, queryID: queryID, database: parameters.database,
        defaultFormat: parameters.defaultFormat.isEmpty
          ? "TabSeparated" : parameters.defaultFormat,
        settings: parameters.settings, protocolVersion: parameters.protocolVersion,
        isReadOnly: head.method != .POST)
      request.parameters = parameters.values
      request.user = account.name
      request.profile = account.settings
      let ticket = parameters.ticket(of: account.name)
      if ticket == nil, request.database.isEmpty { request.database = account.database }
      request.client = client(head, facts)
      let held =
        parameters.waitsForEnd
        ? limits.heldResultBytesMax : parameters.bufferSize ?? limits.resultChunkBytes
      return .run(
        QueryPlan(
          work: .statement(request, ticket), queryID: queryID, framing: facts.framing,
          exceptionTag: tag,
          heldBytes: held, waitsForEnd: parameters.waitsForEnd,
          requestCoding: BodyCoding(content: content, hasFrames: parameters.framesRequest),
          answerCoding: BodyCoding(
            content: parameters.packsAnswer ? Self.acceptedCoding(head) : nil,
            hasFrames: parameters.framesAnswer), packingLevel: parameters.packingLevel,
          originFields: originFields))
    } catch {
      var reply = signature.failure(error, queryID: queryID, tag: tag)
      reply.fields += originFields
      return .reply(reply)
    }
  }

  private func client(_ head: HTTPRequestHead, _ facts: MessageFacts) -> ClientFacts {
    var client = ClientFacts(
      httpFrom: facts.peer?.ipAddress ?? "", port: facts.peer?.port ?? 0)
    client.method =
      switch head.method {
      case .GET: .get
      case .HEAD: .head
      default: .post
      }
    func header(_ name: String) -> String {
      Framing.safe(String((head.headers.first(name: name) ?? "").prefix(limits.shownHeaderMax)))
    }
    client.userAgent = header("User-Agent")
    client.referer = header("Referer")
    client.forwardedFor = header("X-Forwarded-For")
    return client
  }

  private func account(
    _ head: HTTPRequestHead, user: String?, password: String?
  ) throws(EngineError) -> Account {
    let credentials = try Credentials.read(
      headers: head.headers, userParameter: user, passwordParameter: password)
    return try accounts.authenticate(credentials)
  }

  private static func acceptedCoding(_ head: HTTPRequestHead) -> ContentCoding? {
    ContentCoding(accepted: head.headers["Accept-Encoding"].joined(separator: ","))
  }

  /// Checks what is said of the body; gives its coding.
  private func checkBody(
    _ head: HTTPRequestHead, _ facts: MessageFacts
  ) throws(EngineError) -> ContentCoding? {
    let headers = head.headers
    if head.method == .POST, headers["Content-Length"].isEmpty, facts.declaredLength == 0 {
      throw EngineError(
        .httpLengthRequired,
        "The Transfer-Encoding is not chunked and there is no Content-Length header for POST request"
      )
    }
    let type = headers.first(name: "Content-Type")?.lowercased() ?? ""
    guard !type.hasPrefix("multipart/form-data") else {
      throw EngineError(
        .notImplemented,
        "Content-Type 'multipart/form-data' is not supported; send the query as the plain body")
    }
    return try BodyCoding.content(of: headers)
  }
}
