using System.Numerics;

namespace CartRecovery.Engine.Journal;

/// <summary>Maps the journal's addresses to files and pages. Part of the file format, except <see cref="SegmentSize"/>.</summary>
/// <param name="SegmentSize">Size of a file in bytes: a power of two, at least a page.</param>
/// <param name="PageSize">Size of a page in bytes, a power of two. No entry crosses a page boundary.</param>
public readonly record struct JournalLayout(long SegmentSize, int PageSize)
{
    /// <summary>The page size of a journal on disk.</summary>
    public const int StandardPage = 4 << 20;

    /// <summary>Number of pages in memory: the most that can wait for the disk.</summary>
    public const int PagesInMemory = 4;

    /// <summary>Address of FasterLog's first entry.</summary>
    public const long FirstAddress = 64;

    /// <summary>Maximum payload of an entry, in bytes.</summary>
    public int MaxPayload => PageSize - (int)FirstAddress - JournalFrame.Size - sizeof(int);

    /// <summary>Memory of a journal, in bytes.</summary>
    public long Memory => (long)PagesInMemory * PageSize;

    /// <summary>Returns the segment of an address.</summary>
    public int SegmentOf(long address) => (int)(address >> BitOperations.Log2((ulong)SegmentSize));

    /// <summary>Returns the offset of an address in its segment.</summary>
    public long OffsetOf(long address) => address & (SegmentSize - 1);

    /// <summary>Returns the start of the page of an address.</summary>
    public long PageOf(long address) => address & ~(PageSize - 1L);

    /// <summary>Returns the start of the next page; the address itself if it is a page start.</summary>
    public long NextPage(long address) => PageOf(address + PageSize - 1);
}
