namespace CartRecovery.Engine.Journal.Tail;

/// <summary>The result of a read from memory.</summary>
enum TailRead
{
    /// <summary>The next entry.</summary>
    Entry,

    /// <summary>No entry: all were read.</summary>
    End,

    /// <summary>No entry: the next one is only on the disk.</summary>
    OnDisk,

    /// <summary>No entry: the next ones were deleted.</summary>
    Lost,
}
