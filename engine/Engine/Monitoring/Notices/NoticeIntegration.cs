using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A way in which a receiver gets notices: an item of its <c>webhook_configs</c>, <c>slack_configs</c> and so on. Immutable.</summary>
/// <param name="Receiver">The receiver.</param>
/// <param name="Kind">The kind, for example <c>webhook</c>.</param>
/// <param name="Index">The place among those of its kind, from 0.</param>
/// <param name="SendsResolved">Whether it gets to know what has resolved.</param>
public sealed record NoticeIntegration(string Receiver, string Kind, int Index, bool SendsResolved)
{
    /// <summary>The settings by their paths in the file, such as <c>http_config.authorization.credentials</c> or <c>responders.0.name</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Identifies the integration in the ledger; it survives changes of its settings.</summary>
    public string Key => $"{Receiver}/{Kind}/{Index}";

    /// <summary>Its place in the file.</summary>
    internal SourceLocation At { get; init; } = SourceLocation.Start;

    /// <summary>A setting; null if it is not there.</summary>
    public string? Setting(string path) => Settings.GetValueOrDefault(path);
}
