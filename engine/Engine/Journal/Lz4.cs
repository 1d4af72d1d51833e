using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Journal;

/// <summary>LZ4 blocks by the reference library, <c>liblz4.so.1</c>, which every Debian and Ubuntu has. Any thread may use it.</summary>
public static partial class Lz4
{
    const string Library = "liblz4.so.1";

    // 1 to 65,537: a block of events takes half the time of 1 with it, and little more room.
    const int Acceleration = 4;

    /// <summary>The library's version, such as 1.9.4: a look whether it is there.</summary>
    /// <exception cref="JournalException"><c>lz4_missing</c>.</exception>
    public static Version Version
    {
        get
        {
            try
            {
                var number = VersionNumber();
                return new Version(number / 10_000, number / 100 % 100, number % 100);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                throw new JournalException("lz4_missing", $"{Library} cannot be loaded; Debian and Ubuntu have it in the package liblz4-1. {e.Message}");
            }
        }
    }

    /// <summary>How long the compressed form of so many bytes may be.</summary>
    /// <param name="length">0 to 2,113,929,216.</param>
    public static int MaxLength(int length) => length + (length / 255) + 16;

    /// <summary>Compresses bytes.</summary>
    /// <returns>The compressed bytes' number; 0 where the target is too short for them.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target) =>
        Compress(MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(target), source.Length, target.Length, Acceleration);

    /// <summary>Takes compressed bytes apart. No input, however damaged, makes it read or write outside the two spans.</summary>
    /// <returns>How many bytes they were; negative when they are damaged or more than the target holds.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target) =>
        Decompress(MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(target), source.Length, target.Length);

    [LibraryImport(Library, EntryPoint = "LZ4_versionNumber")]
    private static partial int VersionNumber();

    [LibraryImport(Library, EntryPoint = "LZ4_compress_fast")]
    private static partial int Compress(in byte source, ref byte target, int sourceLength, int targetLength, int acceleration);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    private static partial int Decompress(in byte source, ref byte target, int sourceLength, int targetLength);
}
