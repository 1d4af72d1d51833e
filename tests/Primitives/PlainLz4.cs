namespace CartRecovery.Tests.Primitives;

/// <summary>Reference LZ4 decoder by the format description (lz4_Block_format.md), including its end-of-block rules.</summary>
static class PlainLz4
{
    const int MinMatch = 4;
    const int LastLiterals = 5;
    const int LastMatchDistance = 12;

    /// <exception cref="FormatException">The bytes are not a valid block.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> block)
    {
        var output = new List<byte>();
        var lastMatch = -1;
        for (var at = 0; ;)
        {
            var token = block[at++];
            var literals = Length(token >> 4, block, ref at);
            foreach (var literal in block.Slice(at, literals))
            {
                output.Add(literal);
            }

            at += literals;
            if (at == block.Length)
            {
                var isEndInOrder = lastMatch < 0 || (literals >= LastLiterals && lastMatch + LastMatchDistance <= output.Count);
                return isEndInOrder ? [.. output] : throw new FormatException("the block ends too soon after its last match");
            }

            var offset = block[at] | (block[at + 1] << 8);
            at += 2;
            if (offset == 0 || offset > output.Count)
            {
                throw new FormatException($"offset {offset} at {output.Count} points before the block");
            }

            lastMatch = output.Count;
            for (var left = Length(token & 15, block, ref at) + MinMatch; left > 0; left--)
            {
                output.Add(output[^offset]);
            }
        }
    }

    static int Length(int nibble, ReadOnlySpan<byte> block, ref int at)
    {
        var length = nibble;
        for (var more = nibble == 15; more;)
        {
            var next = block[at++];
            length += next;
            more = next == 255;
        }

        return length;
    }
}
