import Glibc
import ZooFormats

/// What must hold of a file before the dynamic loader may see it: a segment beyond the file's end would be a SIGBUS there.
enum ELFHeader {
  static func check(_ path: String) throws(FamilyError) {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FamilyError(path, .unreadable(String(cString: strerror(errno)))) }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { throw FamilyError(path, .notELF) }
    let size = Int(info.st_size)

    var header = Elf64_Ehdr()
    let read = withUnsafeMutableBytes(of: &header) { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard read >= 4, header.e_ident.0 == 0x7F, header.e_ident.1 == 0x45, header.e_ident.2 == 0x4C, header.e_ident.3 == 0x46 else {
      throw FamilyError(path, .notELF)
    }
    guard read == MemoryLayout<Elf64_Ehdr>.size else {
      throw FamilyError(path, .truncated(bytes: size, expected: MemoryLayout<Elf64_Ehdr>.size))
    }
    guard header.e_ident.4 == ELFCLASS64, header.e_ident.5 == ELFDATA2LSB, header.e_machine == machine else {
      throw FamilyError(path, .otherMachine(file: name(of: header), host: names[machine] ?? "another one"))
    }
    guard header.e_type == ET_DYN else { throw FamilyError(path, .notSharedLibrary) }

    var expected = MemoryLayout<Elf64_Ehdr>.size
    for index in 0..<Int(header.e_phnum) {
      var segment = Elf64_Phdr()
      let (offset, overflows) = Int(clamping: header.e_phoff).addingReportingOverflow(index * Int(header.e_phentsize))
      let count = overflows ? 0 : withUnsafeMutableBytes(of: &segment) { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
      guard count == MemoryLayout<Elf64_Phdr>.size else {
        throw FamilyError(path, .truncated(bytes: size, expected: overflows ? .max : offset + MemoryLayout<Elf64_Phdr>.size))
      }
      let end = segment.p_offset.addingReportingOverflow(segment.p_filesz)
      expected = max(expected, end.overflow ? .max : Int(clamping: end.partialValue))
    }
    guard expected <= size else { throw FamilyError(path, .truncated(bytes: size, expected: expected)) }
  }

  #if arch(x86_64)
    private static let machine = EM_X86_64
  #elseif arch(arm64)
    private static let machine = EM_AARCH64
  #endif

  private static let names: [Int32: String] = [
    EM_X86_64: "x86-64", EM_386: "x86 (32 bits)", EM_AARCH64: "64-bit Arm", EM_ARM: "32-bit Arm", EM_RISCV: "RISC-V", EM_PPC64: "POWER",
    EM_S390: "s390",
  ]

  private static func name(of header: Elf64_Ehdr) -> String {
    let bigEndian = header.e_ident.5 == ELFDATA2MSB
    let number = Int32(bigEndian ? header.e_machine.byteSwapped : header.e_machine)
    let known = names[number] ?? "machine \(number)"
    // A 32-bit library of a 64-bit machine, such as x32.
    return header.e_ident.4 == ELFCLASS64 || number != machine ? known : "\(known) (32 bits)"
  }
}
