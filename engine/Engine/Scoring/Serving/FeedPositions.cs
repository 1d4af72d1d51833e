using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// What each side of a <see cref="FeedRing{T}"/> writes, apart from what the other side writes. The processor fetches a cache line's neighbour with it, so each
/// has two lines before and after.
/// </summary>
static class FeedPositions
{
    /// <summary>The writer's side.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Writer
    {
        /// <summary>Items published so far.</summary>
        [FieldOffset(128)]
        public long Published;

        /// <summary>The reader's position when the writer last looked.</summary>
        [FieldOffset(136)]
        public long Seen;

        /// <summary>Items dropped so far.</summary>
        [FieldOffset(144)]
        public long Dropped;

        /// <summary>Items that are reserved and not published.</summary>
        [FieldOffset(152)]
        public int Reserved;

        /// <summary>Whether no more items come.</summary>
        [FieldOffset(156)]
        public bool IsClosed;
    }

    /// <summary>The reader's side.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Reader
    {
        /// <summary>Items read so far.</summary>
        [FieldOffset(128)]
        public long Position;
    }
}
