// swift-tools-version: 6.2
// A program with a tick database inside: no server, no configuration. Copy it and set the path.
import PackageDescription

let package = Package(
  name: "embed",
  dependencies: [.package(name: "tickbase", path: "../../..")],
  targets: [
    .executableTarget(
      name: "embed", dependencies: [.product(name: "TickEngine", package: "tickbase")])
  ]
)
