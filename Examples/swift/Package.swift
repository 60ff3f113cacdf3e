// swift-tools-version: 6.2
import PackageDescription

/// Zoo's own package, which has the library ZooPlugin.
let zoo = "../.."

let package = Package(
  name: "zoo_angles",
  products: [.library(name: "zoo_angles", type: .dynamic, targets: ["zoo_angles"])],
  dependencies: [.package(name: "zoo", path: zoo)],
  targets: [
    .target(
      name: "zoo_angles",
      dependencies: [.product(name: "ZooPlugin", package: "zoo")],
      path: "Sources",
      swiftSettings: [.enableExperimentalFeature("Lifetimes"), .enableUpcomingFeature("InternalImportsByDefault")],
      // Everything but the entry stays inside the library.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map"])])
  ]
)
