namespace CartRecovery.Engine.Exports.Archive;

/// <summary>Thrown if an archive's folder cannot be used as it is.</summary>
public sealed class ArchiveException : IOException
{
    /// <param name="code">Stable code in snake case.</param>
    /// <param name="message">What is wrong and what to do, in one or two sentences.</param>
    public ArchiveException(string code, string message)
        : base(message) => Code = code;

    /// <summary>The stable code.</summary>
    public string Code { get; }

    /// <summary>The archive of another data folder, or files that are no archive.</summary>
    public const string Foreign = "archive_foreign";

    /// <summary>The folder has no manifest: it is not mounted, or was deleted.</summary>
    public const string Missing = "archive_missing";

    /// <summary>Another process changes the archive.</summary>
    public const string Locked = "archive_locked";

    /// <summary>The disk has too little free space.</summary>
    public const string Full = "archive_full";

    /// <summary>The engine's clock is far ahead of all events.</summary>
    public const string Clock = "archive_clock";
}
