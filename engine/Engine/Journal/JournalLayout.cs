using System.Numerics;

namespace CartRecovery.Engine.Journal;

/// <summary>How the journal's addresses lie in files and pages. Part of the file format but for <see cref="SegmentSize"/>.</summary>
/// <param name="SegmentSize">Bytes of a file: a power of two, a page or more.</param>
/// <param name="PageSize">Bytes of a page, a power of two: no entry crosses a page's end.</param>
public readonly record struct JournalLayout(long SegmentSize, int PageSize)
{
    /// <summary>The page size of a journal on disk.</summary>
    public const int StandardPage = 4 << 20;

    /// <summary>Pages in memory: what waits for the disk at the most.</summary>
    public const int PagesInMemory = 4;

    /// <summary>Where FasterLog's first entry stands.</summary>
    public const long FirstAddress = 64;

    /// <summary>The longest payload that an entry may have.</summary>
    public int MaxPayload => PageSize - (int)FirstAddress - JournalFrame.Size - sizeof(int);

    /// <summary>What a journal takes of memory, in bytes.</summary>
    public long Memory => (long)PagesInMemory * PageSize;

    /// <summary>The segment that an address is in.</summary>
    public int SegmentOf(long address) => (int)(address >> BitOperations.Log2((ulong)SegmentSize));

    /// <summary>The address's place in its segment.</summary>
    public long OffsetOf(long address) => address & (SegmentSize - 1);

    /// <summary>The start of the page that an address is in.</summary>
    public long PageOf(long address) => address & ~(PageSize - 1L);

    /// <summary>The start of the page behind an address; the address itself if it is one.</summary>
    public long NextPage(long address) => PageOf(address + PageSize - 1);
}
