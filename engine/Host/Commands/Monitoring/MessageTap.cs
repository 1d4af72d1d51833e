using System.Text.Json;
using CartRecovery.Host.Commands.Maintenance;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Reads the messages that were decided on, or those of the latest that changed, without personal data.</summary>
/// <param name="client">The engine.</param>
/// <param name="options">Which messages.</param>
sealed class MessageTap(StoreClient client, TapOptions options) : ITapSource
{
    // The messages that are compared, the latest.
    const int Latest = 1000;

    // Neither who is written to, nor what: both would be personal data.
    static readonly string[] s_decision = ["decidedAt", "id", "campaign", "variant", "step", "channel", "offer", "state", "reason", "dueAt"];
    static readonly string[] s_delivery =
    [
        "id", "campaign", "variant", "step", "channel", "offer", "state", "reason", "sentAt", "deliveredAt", "openedAt", "clickedAt", "dismissedAt", "endedAt",
    ];

    Dictionary<string, string>? _known;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JsonElement>> ReadAsync()
    {
        var isDecisions = options.What == "decisions";
        var query = $"/v1/interventions?limit={Latest}{(options.Campaign is { } campaign ? $"&campaign={Uri.EscapeDataString(campaign)}" : "")}";
        using var page = await client.SendAsync(HttpMethod.Get, query);
        var (former, known, rows) = (_known, new Dictionary<string, string>(StringComparer.Ordinal), new List<JsonElement>());

        // The latest are first.
        foreach (var item in page.RootElement.GetProperty("items").EnumerateArray().Reverse())
        {
            var (id, row) = (item.GetProperty("id").GetString()!, Pick(item, isDecisions ? s_decision : s_delivery));
            known[id] = isDecisions ? "" : row.GetRawText();
            var hasEnded = isDecisions || item.GetProperty("state").GetString() is "sent" or "withheld";
            if (former is not null && hasEnded && (!former.TryGetValue(id, out var before) || before != known[id]))
            {
                rows.Add(row);
            }
        }

        _known = known;
        return rows;
    }

    static JsonElement Pick(JsonElement item, string[] names)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var name in names)
            {
                if (item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
                {
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(bytes.ToArray());
    }
}
