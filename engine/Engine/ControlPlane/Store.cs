namespace CartRecovery.Engine.ControlPlane;

/// <summary>A store, as the pipeline sees it.</summary>
/// <param name="Index">Its place in the configuration, from 0.</param>
/// <param name="Id">Its name in events.</param>
/// <param name="IdUtf8">The same in UTF-8, 1 to 64 bytes. Not to be changed.</param>
/// <param name="TimeZone">What hours and weekdays are counted in.</param>
/// <param name="Currency">ISO 4217 code of events that name none.</param>
public sealed record Store(int Index, string Id, byte[] IdUtf8, TimeZoneInfo TimeZone, string Currency)
{
    /// <summary>Its name as shoppers know it; <see langword="null"/> where the configuration gives none.</summary>
    public string? Name { get; init; }

    /// <summary>The shop's page that shows a cart; <see langword="null"/> where there is none.</summary>
    public Uri? CartUrl { get; init; }

    /// <summary>Hosts that a link in a message may lead to, beside that of <see cref="CartUrl"/>.</summary>
    public IReadOnlyList<string> LinkHosts { get; init; } = [];

    /// <summary>The share of a price that is left when the goods are paid for, 0 to 1.</summary>
    public double Margin { get; init; } = 0.4;
}
