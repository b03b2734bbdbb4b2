// swift-tools-version: 6.2
// The rooms and the edges between them; edges point down only. The picture is in README.md.
import PackageDescription

/// Rules for our own targets: language mode 6, every unsafe touch spelled out, imports private unless
/// said otherwise, warnings are errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

/// The switches of `PlantedBug`, for rooms that have some and for the tests that turn them.
let garden: [SwiftSetting] = [.define("BUG_GARDEN", .when(configuration: .debug))]

/// Tests spell out no `unsafe`: `Span.bytes` counts as unsafe in Swift 6.3 and would be noise there.
let testing: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

/// What reads untrusted bytes.
let fuzzed: [Target.Dependency] = [
  "TickSQL", "TickFormats", "TickColumns", "TickStorage", "TickEngine", "TickServer", "TestSupport",
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
]

let package = Package(
  name: "tickbase",
  products: [
    .library(name: "TickEngine", targets: ["TickEngine"]),
    .executable(name: "tickbase", targets: ["tickbase"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // C floor
    .target(name: "CTickKernels"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .target(name: "CTickTerminal", dependencies: ["CEdit"]),
    // From libre2-dev; by name, for pkg-config's -pthread is a flag that SwiftPM complains of.
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),

    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    // Rooms
    .target(name: "TickColumns", dependencies: ["CTickKernels"], swiftSettings: strict),
    .target(
      name: "TickFormats",
      dependencies: ["TickColumns", "CZstd", "CLZ4", "CZlib", "CXXHash", "COpenSSL"],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "TickStorage", dependencies: ["TickColumns", "TickFormats", "CTickKernels"],
      exclude: ["README.md"], swiftSettings: strict + garden),
    .target(
      name: "TickSQL", dependencies: ["TickColumns", "TickFormats", "CRE2"], swiftSettings: strict),
    .target(
      name: "TickEngine", dependencies: ["TickColumns", "TickFormats", "TickStorage", "TickSQL"],
      exclude: ["Import/README.md"], swiftSettings: strict + garden),
    .target(
      name: "TickServer",
      dependencies: [
        "TickEngine", "TickStorage", "TickFormats", "TickSQL", "TickColumns",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "tickbase",
      dependencies: [
        "TickServer", "TickEngine", "TickFormats", "TickColumns", "TickSQL", "TickStorage", "CYAML",
        "CTickTerminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    .executableTarget(
      name: "Benchmarks", dependencies: ["TickColumns", "TickFormats"], path: "Benchmarks",
      exclude: [
        "engines.py", "peers.py", "recordings.py", "run.py", "sizes.py", "billion.py", "feeds.py",
        "merges.py", "windows.py",
        "README.md",
      ],
      swiftSettings: strict),

    // The program of tools/examples/embed, which is a package of its own, kept compiling and run by the tests.
    .executableTarget(
      name: "EmbedExample", dependencies: ["TickEngine"],
      path: "tools/examples/embed/Sources/embed",
      swiftSettings: testing),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["TickColumns", "TickStorage"], path: "Tests/TestSupport",
      swiftSettings: testing),
    .executableTarget(
      name: "CrashWriter", dependencies: ["TickEngine", "TickStorage", "TestSupport"],
      path: "Tests/CrashWriter", swiftSettings: testing + garden),
    .testTarget(
      name: "TickColumnsTests", dependencies: ["TickColumns", "CTickKernels", "TestSupport"],
      exclude: ["data", "Vectors"], swiftSettings: testing),
    .testTarget(
      name: "TickFormatsTests", dependencies: ["TickFormats", "TickColumns", "TestSupport"],
      exclude: ["Vectors"], swiftSettings: testing),
    .testTarget(
      name: "TickStorageTests",
      dependencies: ["TickStorage", "TickFormats", "TickColumns", "TestSupport"],
      swiftSettings: testing),
    .testTarget(
      name: "TickSQLTests", dependencies: ["TickSQL", "TickFormats", "TickColumns", "TestSupport"],
      exclude: ["data"], swiftSettings: testing),
    .testTarget(
      name: "TickEngineTests",
      dependencies: [
        "EmbedExample", "TickEngine", "TickSQL", "TickFormats", "TickColumns", "TickStorage",
        "TestSupport",
      ],
      exclude: ["FormatVectors"], swiftSettings: testing + garden),
    .testTarget(
      name: "TickServerTests",
      dependencies: [
        "TickServer", "TickEngine", "TickSQL", "TickFormats", "TickColumns", "TestSupport",
      ],
      swiftSettings: testing),
  ],
  cxxLanguageStandard: .cxx17
)

// The readers of untrusted bytes under a fuzzer (tools/fuzz), which brings a `main` of its own; in every other build
// the same targets read the saved inputs as a test.
if Context.environment["TICKBASE_FUZZ"] == nil {
  package.targets.append(
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
      exclude: ["Driver", "corpus", "README.md"], swiftSettings: testing))
} else {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: fuzzed, path: "Tests/Fuzz",
      exclude: ["CorpusTests.swift", "corpus", "README.md"], swiftSettings: testing,
      // gold, the default, does not link counters of coverage with what the linker may leave out.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}
