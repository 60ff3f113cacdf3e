// swift-tools-version: 6.2
import PackageDescription

// `make install` puts this into share/zoo/kit, beside the sources that a Swift family is built with.
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "zoo",
  products: [.library(name: "ZooPlugin", targets: ["ZooPlugin"])],
  targets: [
    .target(name: "CZoo"),
    .target(name: "ZooTypes", dependencies: ["CZoo"], swiftSettings: settings),
    .target(name: "ZooPlugin", dependencies: ["CZoo", "ZooTypes"], swiftSettings: settings),
  ],
  cLanguageStandard: .c11
)
