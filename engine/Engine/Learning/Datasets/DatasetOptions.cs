namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>Which rows of a journal make a data set.</summary>
public sealed record DatasetOptions
{
    /// <summary>The default of <see cref="MaxRows"/>.</summary>
    public const int DefaultMaxRows = 150_000;

    /// <summary>Purchases and revenue of a row count up to this long after it.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The end of what is known: when the journal was read (ms since 1970 UTC). A row whose horizon ends later has no labels yet, and is
    /// left out.
    /// </summary>
    public required long KnownUntil { get; init; }

    /// <summary>How late an order's event may be accepted: a row's labels are known only after the horizon and this. Default: not late.</summary>
    public TimeSpan Lateness { get; init; }

    /// <summary>Rows received at this time or later are left out; what happened then counts for earlier ones (ms since 1970 UTC).</summary>
    public long Until { get; init; } = long.MaxValue;

    /// <summary>Whether rows without labels are kept too: see <see cref="JournalRow.IsLabelled"/>.</summary>
    public bool KeepsUnlabelled { get; init; }

    /// <summary>The number of the only store; <see langword="null"/> for all.</summary>
    public int? Store { get; init; }

    /// <summary>Maximum number of rows of a cart; of more, each is equally likely to be kept.</summary>
    public int RowsPerCart { get; init; } = 8;

    /// <summary>Maximum number of rows. Beyond it, a random half of the carts is dropped, as often as necessary.</summary>
    public int MaxRows { get; init; } = DefaultMaxRows;

    /// <summary>The same seed and journal give the same rows.</summary>
    public ulong Seed { get; init; } = 1;
}
