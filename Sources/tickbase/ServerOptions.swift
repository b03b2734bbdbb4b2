/// Which server a command asks, and as whom.
///
/// Invariants:
/// 1. What is given for this call stands above the environment; where the URL says the same thing it is refused.
/// 2. A password that is asked for is never an argument of anything.
import ArgumentParser
import TickServer

struct ServerOptions: ParsableArguments {
  static let userVariable = "TICKBASE_USER"
  static let passwordVariable = "TICKBASE_PASSWORD"

  @Option(help: "Address of a server, for example http://127.0.0.1:8123.")
  var url: String?

  @Option(help: "User of the server. (default: that of the URL, $TICKBASE_USER, or default)")
  var user: String?

  @Option(
    defaultAsFlag: Password.asked, parsing: .next,
    help: ArgumentHelp(
      """
      The user's password; without a value it is asked for at the terminal. Others of this machine can read it \
      in the list of processes, so rather set $TICKBASE_PASSWORD, or let it ask.
      """))
  var password: Password?

  enum Password: ExpressibleByArgument, CustomStringConvertible {
    case asked
    case given(String)

    init(argument: String) { self = .given(argument) }

    /// What help shows of the option without a value.
    var description: String { "ask" }
  }

  func validate() throws {
    guard url != nil || user == nil && password == nil else {
      throw ValidationError("--user and --password are for a server: give its --url")
    }
  }

  /// Nil where no server is named. To be called before signals are taken, as it may ask.
  func client() throws(Failure) -> QueryClient? {
    guard let url else { return nil }
    var credentials = ClientCredentials()
    credentials.user = user
    credentials.userElse = Console.variable(Self.userVariable)
    credentials.passwordElse = Console.variable(Self.passwordVariable)
    switch password {
    case nil: break
    case .given(let text): credentials.password = text
    case .asked:
      // What else is wrong is said before anyone is asked.
      credentials.password = ""
      _ = try Self.client(url, credentials)
      credentials.password = try PasswordPrompt.ask(
        user.map { "password of \($0): " } ?? "password: ")
    }
    return try Self.client(url, credentials)
  }

  private static func client(
    _ url: String, _ credentials: ClientCredentials
  ) throws(Failure) -> QueryClient {
    do throws(ClientError) {
      return try QueryClient(url: url, credentials)
    } catch {
      throw Failure(error, of: url)
    }
  }
}
