using System.Text.Json;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Implements <c>campaigns</c>, over the running engine's API.</summary>
static class CampaignsCommand
{
    static readonly string[] s_columns = ["name", "state", "pausedBy", "managedBy", "trigger", "rule"];

    public static async Task<int> RunAsync(CampaignsOptions options)
    {
        if (WrongUsage(options) is { } problem)
        {
            Console.Error.WriteLine($"error: {problem}");
            return ExitCode.BadUsage;
        }

        return await StoreClient.UseAsync(options, client => RunAsync(options, client, Console.Out));
    }

    static string? WrongUsage(CampaignsOptions options) =>
        options.Action is not ("list" or "pause" or "resume" or "preview" or "test") ? $"unknown action '{options.Action}'; expected list, pause, resume, preview or test"
        : options.Action == "list" && options.Campaign is not null ? "list takes no campaign"
        : options.Action != "list" && options.Campaign is null ? $"campaigns {options.Action}: expected a campaign; see: cartrecovery campaigns list"
        : options.Action == "test" && options.To is null ? "campaigns test: expected --to ADDRESS, one of stores[].staff"
        : options.Action != "test" && options.To is not null ? "--to needs the action test"
        : options.Action != "preview" && options.Out is not null ? "--out needs the action preview"
        : options.Action is "list" or "pause" or "resume" && (options.Variant ?? options.Cart) is not null ? "--variant and --cart need the action preview or test"
        : options.Out is not null && (options.Step ?? options.Choice) is not null ? "--out writes all messages; leave out --step and --choice"
        : options.Step < 1 || options.Choice < 1 ? "--step, --choice: expected 1 or more" : null;

    /// <summary>Runs the command.</summary>
    /// <param name="options">The options, whose usage is right.</param>
    /// <param name="client">The engine.</param>
    /// <param name="output">Receives what it prints but tables.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    internal static async Task<int> RunAsync(CampaignsOptions options, StoreClient client, TextWriter output)
    {
        var path = $"/v1/campaigns/{Uri.EscapeDataString(options.Campaign ?? "")}";
        switch (options.Action)
        {
            case "list":
                ListCommand.Print(await client.ListAsync("/v1/campaigns", ListOptions.MaxLimit), s_columns, options.Json, output);
                break;
            case "preview" when options.Out is { } file:
                var query = string.Join('&', new[] { ("variant", options.Variant), ("cartId", options.Cart) }
                    .Where(part => part.Item2 is not null).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2!)}"));
                await File.WriteAllBytesAsync(file, await client.ReadAsync(HttpMethod.Get, $"{path}/preview{(query.Length > 0 ? $"?{query}" : "")}", json: null, "text/html"));
                await output.WriteLineAsync($"wrote {file}");
                break;
            case "preview":
                Show(options, await client.SendAsync(HttpMethod.Post, $"{path}/preview", BodyOf(options)), output);
                break;
            case "test":
                using (var sent = await client.SendAsync(HttpMethod.Post, $"{path}/test", BodyOf(options)))
                {
                    Print(options, output, sent.RootElement, $"sent to {TextOf(sent.RootElement, "to")} over {TextOf(sent.RootElement, "channel")}");
                }

                break;
            default:
                using (var changed = await client.SendAsync(HttpMethod.Post, $"{path}/{options.Action}"))
                {
                    Print(options, output, changed.RootElement, $"{TextOf(changed.RootElement, "name")} is {TextOf(changed.RootElement, "state")}");
                }

                break;
        }

        return ExitCode.Success;
    }

    static void Show(CampaignsOptions options, JsonDocument preview, TextWriter output)
    {
        using (preview)
        {
            var message = preview.RootElement;
            var lines = new[] { "channel", "action", "discountPercent", "subject" }.Select(name => (name, TextOf(message, name))).Where(line => line.Item2.Length > 0)
                .Select(line => $"{line.name,-16}{line.Item2}");
            Print(options, output, message, $"{string.Join('\n', lines)}\n\n{TextOf(message, "message")}");
        }
    }

    static void Print(CampaignsOptions options, TextWriter output, JsonElement answer, string text) =>
        output.WriteLine(options.Json ? answer.GetRawText().ReplaceLineEndings(" ") : text);

    static string TextOf(JsonElement item, string name) => !item.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? ""
        : TerminalText.Clean(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());

    static byte[] BodyOf(CampaignsOptions options)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            foreach (var (name, value) in new[] { ("to", options.To), ("variant", options.Variant), ("cartId", options.Cart) }.Where(field => field.Item2 is not null))
            {
                json.WriteString(name, value);
            }

            foreach (var (name, value) in new[] { ("step", options.Step), ("choice", options.Choice) }.Where(field => field.Item2 is not null))
            {
                json.WriteNumber(name, value!.Value);
            }

            json.WriteEndObject();
        }

        return body.ToArray();
    }
}
