import Glibc
import ZooFormats

/// The names that a shared library offers to others.
enum ELFSymbols {
  static func exported(by path: String) throws -> [String] {
    let file = try MappedFile(path)
    return try file.contents.withUnsafeBytes { bytes in
      func load<Value>(_ type: Value.Type, at offset: UInt64) throws -> Value {
        guard let offset = Int(exactly: offset), offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
          throw CheckFailure("its section headers lead out of the file")
        }
        return bytes.loadUnaligned(fromByteOffset: offset, as: type)
      }
      let header = try load(Elf64_Ehdr.self, at: 0)
      let sections = try (0..<UInt64(header.e_shnum)).map {
        try load(Elf64_Shdr.self, at: header.e_shoff &+ $0 * UInt64(header.e_shentsize))
      }
      guard let table = sections.first(where: { $0.sh_type == UInt32(SHT_DYNSYM) }), Int(table.sh_link) < sections.count else {
        throw CheckFailure("it has no table of dynamic symbols")
      }
      let strings = sections[Int(table.sh_link)]
      var names: [String] = []
      for index in 0..<table.sh_size / UInt64(MemoryLayout<Elf64_Sym>.size) {
        let symbol = try load(Elf64_Sym.self, at: table.sh_offset &+ index * UInt64(MemoryLayout<Elf64_Sym>.size))
        let isHidden = [UInt8(STV_HIDDEN), UInt8(STV_INTERNAL)].contains(symbol.st_other & 3)
        guard symbol.st_info >> 4 != UInt8(STB_LOCAL), symbol.st_shndx != UInt16(SHN_UNDEF), !isHidden else { continue }
        var (name, offset) = ([UInt8](), strings.sh_offset &+ UInt64(symbol.st_name))
        while case let byte = try load(UInt8.self, at: offset), byte != 0 {
          name.append(byte)
          offset += 1
        }
        // A version node is listed like a symbol, as an absolute one.
        if symbol.st_shndx != UInt16(bitPattern: Int16(truncatingIfNeeded: SHN_ABS)) { names.append(String(decoding: name, as: UTF8.self)) }
      }
      return names
    }
  }
}
