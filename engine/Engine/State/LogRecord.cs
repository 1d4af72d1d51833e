using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// Parses records as FASTER 2.6.5 lays them out in its log: a word of flags and the previous address, the key, and the value. The records of
/// a page follow one another from its start; its end is unused.
/// </summary>
/// <typeparam name="TRecord">The value.</typeparam>
static class LogRecord<TRecord>
    where TRecord : unmanaged
{
    // FASTER's RecordInfo: bits of the word.
    const ulong Tombstone = 1UL << 55;
    const ulong Valid = 1UL << 56;
    const ulong NewVersion = 1UL << 61;
    const int KeyAt = sizeof(ulong);

    /// <summary>Where the value begins.</summary>
    public const int ValueAt = KeyAt + (2 * sizeof(ulong));

    /// <summary>The size of a record.</summary>
    public static readonly int Bytes = ValueAt + Unsafe.SizeOf<TRecord>();

    /// <summary>
    /// Whether there is a record that was completed, and not undone by a recovery. FASTER also marks records that it has copied to the next version as
    /// sealed; that says nothing, because a recovery may have made them current again.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> record) => (Word(record) & Valid) != 0;

    /// <summary>Whether the record deletes its key.</summary>
    public static bool IsTombstone(ReadOnlySpan<byte> record) => (Word(record) & Tombstone) != 0;

    /// <summary>Whether the record was written after the version of the checkpoint that was then in progress.</summary>
    public static bool IsOfNewVersion(ReadOnlySpan<byte> record) => (Word(record) & NewVersion) != 0;

    /// <summary>Returns the key.</summary>
    public static ref readonly Hash128 Key(ReadOnlySpan<byte> record) => ref MemoryMarshal.AsRef<Hash128>(record[KeyAt..ValueAt]);

    /// <summary>Returns the value.</summary>
    public static ref readonly TRecord Value(ReadOnlySpan<byte> record) => ref MemoryMarshal.AsRef<TRecord>(record[ValueAt..Bytes]);

    static ulong Word(ReadOnlySpan<byte> record) => MemoryMarshal.Read<ulong>(record);
}

/// <summary>Sets what FASTER 2.6.5 reads but does not let its callers set.</summary>
static class LimitedRead
{
    /// <summary>Returns options for a read that looks at no record before an address.</summary>
    public static ReadOptions From(long address)
    {
        var options = default(ReadOptions);
        SetStopAddress(ref options, address);
        return options;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_StopAddress")]
    static extern void SetStopAddress(ref ReadOptions options, long address);
}
