import CZoo
import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// The protocol's headers, as families in other languages see them.
@Suite struct ProtocolHeaderTests {
  @Test(
    "compile without a warning",
    arguments: [
      ["gcc", "-x", "c", "-std=c11", "-pedantic"], ["clang", "-x", "c", "-std=c11", "-pedantic"],
      ["g++", "-x", "c++", "-std=c++17", "-pedantic"],
      ["clang++", "-x", "c++", "-std=c++17", "-pedantic"],
    ])
  func headersCompile(_ compiler: [String]) throws {
    let folder = try TemporaryFolder()
    let source = try folder.file("header.c", "#include \"zoo.h\"\nint zoo_test(void) { return (int)sizeof(zoo_call); }\n")
    let result = try Command.run(
      compiler + ["-Wall", "-Wextra", "-Werror", "-I", Repository.root + "/Sources/CZoo/include", "-c", source, "-o", "/dev/null"])
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func aTensorIsLaidOutAsDLPackHasIt() {
    #expect(MemoryLayout<zoo_tensor>.size == 48)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.data) == 0)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.device_type) == 8)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.device_id) == 12)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.rank) == 16)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.dtype) == 20)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.shape) == 24)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.strides) == 32)
    #expect(MemoryLayout<zoo_tensor>.offset(of: \.byte_offset) == 40)
  }

  @Test("every in-tree family exports its entry and nothing else", arguments: ["core", "cnn"])
  func oneSymbol(_ family: String) throws {
    let result = try Command.run(["nm", "-D", "--defined-only", "--extern-only", "\(Repository.plugins)/\(family).so"])
    let symbols = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    #expect(symbols == ["zoo_family_v1"])
  }
}
