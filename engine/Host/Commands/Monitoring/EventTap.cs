using System.Globalization;
using System.Text.Json;
using CartRecovery.Host.Commands.Maintenance;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Reads the events that came in.</summary>
/// <param name="client">The engine.</param>
/// <param name="options">Which events.</param>
/// <param name="notes">Told about events that were skipped.</param>
sealed class EventTap(StoreClient client, TapOptions options, TextWriter notes) : ITapSource
{
    const int Page = 1000;

    string? _cursor;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JsonElement>> ReadAsync()
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"/v1/tap/events?limit={Page}&sample={options.Sample:0.################}")
            + (options.Type is { } type ? $"&type={Uri.EscapeDataString(type)}" : "")
            + (_cursor is { } cursor ? $"&cursor={Uri.EscapeDataString(cursor)}" : "");
        using var page = await client.SendAsync(HttpMethod.Get, query);
        _cursor = page.RootElement.GetProperty("next").GetString();
        if (page.RootElement.GetProperty("skippedBytes").GetInt64() is > 0 and var skipped)
        {
            await notes.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"skipped {skipped} bytes of the journal: more came in than is shown; use --type or --sample"));
        }

        return [.. page.RootElement.GetProperty("events").EnumerateArray().Select(item => item.Clone())];
    }
}
