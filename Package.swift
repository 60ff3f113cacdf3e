// swift-tools-version: 6.2
import PackageDescription

/// Everything but `zoo_family_v1` stays inside the library: see Plugins/exports.map.
let exports: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exports.map"])
]

let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A family: one dynamic library from Plugins/<folder>, which `make build` copies to zoo/plugins/<name>.so.
struct Family {
  let name: String
  let folder: String
  var dependencies: [Target.Dependency] = []
  var linked: [String] = []

  var target: String { "\(folder)Family" }

  var product: Product { .library(name: "zoo-\(name)", type: .dynamic, targets: [target]) }

  var module: Target {
    .target(
      name: target,
      dependencies: ["ZooPlugin"] + dependencies,
      path: "Plugins/\(folder)",
      swiftSettings: settings,
      linkerSettings: exports + linked.map { .linkedLibrary($0) })
  }
}

let families = [
  Family(name: "core", folder: "Core", dependencies: ["ZooKernels", "ZooFormats", "CImage"]),
  Family(name: "cnn", folder: "CNN", dependencies: ["ZooKernels"]),
  Family(name: "rnn", folder: "RNN", dependencies: ["ZooKernels"]),
  Family(name: "transformer", folder: "Transformer", dependencies: ["ZooKernels"]),
  Family(name: "gnn", folder: "GNN", dependencies: ["ZooKernels"]),
  Family(name: "vae", folder: "VAE", dependencies: ["ZooKernels"]),
  Family(name: "flow", folder: "Flow", dependencies: ["ZooKernels"]),
  Family(name: "gan", folder: "GAN", dependencies: ["ZooKernels"]),
  Family(name: "ddpm", folder: "DDPM", dependencies: ["ZooKernels"]),
  Family(name: "foreign", folder: "Foreign", dependencies: ["CFFI"]),
]

let package = Package(
  name: "zoo",
  products: families.map(\.product) + [
    .executable(name: "zoo", targets: ["zoo"]),
    .library(name: "ZooPlugin", targets: ["ZooPlugin"]),
    .library(name: "ZooRuntime", targets: ["ZooRuntime", "ZooTraining"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .target(name: "CZoo"),
    .target(name: "ZooTypes", dependencies: ["CZoo"], swiftSettings: settings),
    .target(name: "ZooPlugin", dependencies: ["CZoo", "ZooTypes"], swiftSettings: settings),

    .target(name: "CKernels", dependencies: ["CZoo"], cSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno"])]),
    .target(name: "COneDNN", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "ZooKernels", dependencies: ["ZooPlugin", "CKernels", "COneDNN"], swiftSettings: settings),

    .target(name: "CFFI", cSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("ffi")]),

    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CImage", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg")]),
    .target(name: "ZooFormats", dependencies: ["CZlib", "ZooTypes"], swiftSettings: settings),

    .target(
      name: "CHost", dependencies: ["CZoo"], cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])],
      linkerSettings: [.linkedLibrary("gomp", .when(platforms: [.linux]))]),
    .target(
      name: "ZooRuntime",
      dependencies: ["CZoo", "CHost", "ZooTypes", "ZooFormats", .product(name: "OrderedCollections", package: "swift-collections")],
      swiftSettings: settings),
    .target(name: "ZooTraining", dependencies: ["CHost", "ZooRuntime", "ZooFormats", "ZooTypes"], swiftSettings: settings),
    .target(name: "CAllocations"),
    .target(name: "CGuard"),
    .target(
      name: "ZooCheck", dependencies: ["CAllocations", "CGuard", "CHost", "CZoo", "ZooRuntime", "ZooFormats", "ZooTypes"],
      swiftSettings: settings),
    .target(
      name: "ZooCommand",
      dependencies: [
        "CHost", "ZooCheck", "ZooRuntime", "ZooTraining", "ZooFormats", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(name: "zoo", dependencies: ["ZooCommand"], swiftSettings: settings),

    .target(
      name: "ZooTestSupport", dependencies: ["CZoo", "CHost", "ZooRuntime", "ZooFormats", "ZooTypes"], path: "Tests/ZooTestSupport",
      swiftSettings: settings),
    .testTarget(name: "PluginTests", dependencies: ["ZooTestSupport", "ZooRuntime", "ZooTypes"], swiftSettings: settings),
    .testTarget(
      name: "ZooRuntimeTests",
      dependencies: ["CAllocations", "CHost", "CZoo", "ZooTestSupport", "ZooRuntime", "ZooTraining", "ZooFormats", "ZooTypes"],
      swiftSettings: settings),
    .testTarget(
      name: "ZooCommandTests", dependencies: ["ZooTestSupport", "ZooCommand", "ZooRuntime", "ZooFormats", "ZooTypes"],
      swiftSettings: settings),
    .testTarget(
      name: "ZooTrainingTests", dependencies: ["ZooTestSupport", "ZooRuntime", "ZooTraining", "ZooFormats", "ZooTypes"],
      swiftSettings: settings),
    .testTarget(name: "ZooFormatsTests", dependencies: ["CImage", "ZooFormats", "ZooTypes"], swiftSettings: settings),
  ] + families.map(\.module),
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)
