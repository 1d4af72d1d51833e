using System.Buffers.Binary;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// The bytes of a SQLite database that no row uses: free pages, and the gaps in pages of b-trees. Source: https://sqlite.org/fileformat2.html. Fragments of up to three bytes
/// are not covered. Where a page is not as expected, for example because a writer changes it meanwhile, its whole content counts as unused.
/// </summary>
/// <param name="page">A page.</param>
readonly ref struct UnusedSpace(ReadOnlySpan<byte> page)
{
    /// <summary>Size of the file's header, in bytes.</summary>
    public const int FileHeader = 100;

    const int FreeblockHeader = 4;

    readonly ReadOnlySpan<byte> _page = page;

    /// <summary>Reads the page size, and the number of the first trunk page of the free list, from the file's header.</summary>
    /// <returns>A page size of 0 if the header is not that of a database, or if it is of one with pages of other kinds (<c>auto_vacuum</c>).</returns>
    public static (int PageSize, uint FirstTrunk) Layout(ReadOnlySpan<byte> header)
    {
        if (header.Length < FileHeader || !header.StartsWith("SQLite format 3\0"u8) || BinaryPrimitives.ReadUInt32BigEndian(header[52..]) != 0)
        {
            return default;
        }

        int size = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        return (size == 1 ? 65_536 : size, BinaryPrimitives.ReadUInt32BigEndian(header[32..]));
    }

    /// <summary>Reads a trunk page of the free list.</summary>
    /// <param name="free">Receives the numbers of free pages.</param>
    /// <returns>The number of the next trunk page; 0 for none.</returns>
    public uint ReadTrunk(HashSet<uint> free)
    {
        var count = Math.Min(BinaryPrimitives.ReadUInt32BigEndian(_page[4..]), (uint)(_page.Length / 4) - 2);
        for (var i = 0; i < count; i++)
        {
            free.Add(BinaryPrimitives.ReadUInt32BigEndian(_page[(8 + (4 * i))..]));
        }

        return BinaryPrimitives.ReadUInt32BigEndian(_page);
    }

    /// <summary>Returns whether the unused bytes of a page that is not free contain a text.</summary>
    /// <param name="number">The page's number, from 1.</param>
    /// <param name="texts">The texts.</param>
    public bool HasAny(uint number, IReadOnlyCollection<byte[]> texts)
    {
        var at = number == 1 ? FileHeader : 0;
        var header = _page[at] switch
        {
            2 or 5 => 12,
            10 or 13 => 8,
            _ => 0,
        };
        int cells = at + header + (2 * BinaryPrimitives.ReadUInt16BigEndian(_page[(at + 3)..])), content = BinaryPrimitives.ReadUInt16BigEndian(_page[(at + 5)..]);
        content = content == 0 ? 65_536 : content;
        if (header == 0 || cells > content || content > _page.Length)
        {
            // The rest of a long row, which only the row's own page tells from what follows it.
            return ContainsAny(_page, texts);
        }

        if (ContainsAny(_page[cells..content], texts))
        {
            return true;
        }

        // In ascending order, so that the list ends.
        for (int block = BinaryPrimitives.ReadUInt16BigEndian(_page[(at + 1)..]), last = 0; block != 0;)
        {
            if (block <= last || block + FreeblockHeader > _page.Length)
            {
                return ContainsAny(_page, texts);
            }

            int next = BinaryPrimitives.ReadUInt16BigEndian(_page[block..]), size = BinaryPrimitives.ReadUInt16BigEndian(_page[(block + 2)..]);
            if (size < FreeblockHeader || block + size > _page.Length)
            {
                return ContainsAny(_page, texts);
            }

            if (ContainsAny(_page.Slice(block + FreeblockHeader, size - FreeblockHeader), texts))
            {
                return true;
            }

            (last, block) = (block, next);
        }

        return false;
    }

    /// <summary>Returns whether bytes contain a text.</summary>
    public static bool ContainsAny(ReadOnlySpan<byte> bytes, IReadOnlyCollection<byte[]> texts)
    {
        foreach (var text in texts)
        {
            if (bytes.IndexOf(text) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
