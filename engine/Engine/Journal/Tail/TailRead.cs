namespace CartRecovery.Engine.Journal.Tail;

/// <summary>What a read from memory gave.</summary>
enum TailRead
{
    /// <summary>The next entry.</summary>
    Entry,

    /// <summary>Nothing: all entries are read.</summary>
    End,

    /// <summary>Nothing: the next entry is on the disk only.</summary>
    OnDisk,

    /// <summary>Nothing: the next entries are lost.</summary>
    Lost,
}
