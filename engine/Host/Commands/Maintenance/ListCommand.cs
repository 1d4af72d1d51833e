using System.Text.Json;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Implements <c>list</c>: a store's carts, customers, products and suppressed addresses, as the API has them.</summary>
static class ListCommand
{
    const int MaxCell = 60;

    // By list: the path, and the properties that a table shows.
    static readonly Dictionary<string, (string Path, string[] Columns)> s_lists = new(StringComparer.Ordinal)
    {
        ["carts"] = ("/v1/carts", ["cartId", "state", "value", "currency", "itemCount", "campaign", "userId", "triggeredAt"]),
        ["customers"] = ("/v1/customers", ["userId", "carts", "sent", "notSent", "orders", "revenue", "currency", "triggeredAt"]),
        ["products"] = ("/v1/products", ["id", "name", "price", "stock", "url"]),
        ["suppressions"] = ("/v1/suppressions", ["channel", "address", "reason", "suppressedAt"]),
    };

    public static async Task<int> RunAsync(ListOptions options)
    {
        var problem = !s_lists.ContainsKey(options.What) ? $"unknown list '{options.What}'; expected carts, customers, products or suppressions"
            : options.Limit is < 1 or > ListOptions.MaxLimit ? $"--limit: expected 1 to {ListOptions.MaxLimit}, got {options.Limit}" : null;
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return ExitCode.BadUsage;
        }

        return await StoreClient.UseAsync(options, async client =>
        {
            var (path, columns) = s_lists[options.What];
            var items = await client.ListAsync(path, options.Limit);
            Print(items, columns, options.Json, Console.Out);
            return ExitCode.Success;
        });
    }

    /// <summary>Prints items as a table on the terminal, or as JSON.</summary>
    public static void Print(List<JsonElement> items, string[] columns, bool isJson, TextWriter output)
    {
        if (!isJson)
        {
            Terminal.WriteTable(Rows(items, columns));
            return;
        }

        foreach (var item in items)
        {
            output.WriteLine(item.GetRawText().ReplaceLineEndings(" "));
        }
    }

    /// <summary>Returns a header and a row for each item.</summary>
    public static string[][] Rows(IEnumerable<JsonElement> items, string[] columns) =>
        [[.. columns.Select(column => HeadOf(column))], .. items.Select(item => columns.Select(column => CellOf(item, column)).ToArray())];

    // triggeredAt: TRIGGERED AT.
    static string HeadOf(string column) => string.Concat(column.Select(c => char.IsUpper(c) ? $" {c}" : $"{char.ToUpperInvariant(c)}"));

    static string CellOf(JsonElement item, string column) => !item.TryGetProperty(column, out var value) || value.ValueKind == JsonValueKind.Null ? ""
        : TerminalText.Cut(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText(), MaxCell);
}
