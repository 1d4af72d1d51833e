using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>
/// Selects dead letters: <c>{"ids":[1,2]}</c> or <c>{"all":true,"code":"…","after":0,"limit":n}</c>. The replay of a single dead letter
/// may carry an <c>"event"</c> to send instead.
/// </summary>
sealed record DeadLetterSelection(IReadOnlySet<long>? Ids, string? Code, long After, int Limit, byte[]? Event)
{
    /// <summary>The maximum number of dead letters per request.</summary>
    public const int MaxLetters = 10_000;

    /// <summary>The problem for a body without a valid selection.</summary>
    public static readonly HttpProblem Invalid = new(400, "invalid_selection", "Select dead letters with either 'ids' or 'all'.");

    const int DefaultLimit = 1_000;

    static readonly string[] s_names = ["ids", "all", "code", "after", "limit", "event"];

    /// <summary>Reads a request body.</summary>
    public static HttpProblem? Read(ReadOnlyMemory<byte> body, out DeadLetterSelection selection)
    {
        selection = null!;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Wrong("The body must be an object.");
            }

            HashSet<long>? ids = null;
            var (all, code, after, limit, given) = (false, (string?)null, 0L, DefaultLimit, (byte[]?)null);
            foreach (var property in root.EnumerateObject())
            {
                var value = property.Value;
                switch (property.Name)
                {
                    case "ids" when value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= MaxLetters
                        && value.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out _)):
                        ids = [.. value.EnumerateArray().Select(id => id.GetInt64())];
                        break;
                    case "all" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                        all = value.GetBoolean();
                        break;
                    case "code" when value.ValueKind == JsonValueKind.String:
                        code = value.GetString();
                        break;
                    case "after" when value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out after) && after >= 0:
                    case "limit" when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out limit)
                        && limit is > 0 and <= MaxLetters:
                        break;
                    case "event" when value.ValueKind is JsonValueKind.Object:
                        given = Encoding.UTF8.GetBytes(value.GetRawText());
                        break;
                    default:
                        return Wrong(WrongProperty(property.Name));
                }
            }

            if (all == (ids is not null))
            {
                return Wrong("Select dead letters with either 'ids' or 'all'.");
            }

            if (given is not null && ids is not { Count: 1 })
            {
                return Wrong("event: allowed only with exactly one id.");
            }

            selection = new DeadLetterSelection(ids, code, after, limit, given);
            return null;
        }
        catch (JsonException)
        {
            return ApiProblems.InvalidJson;
        }
        catch (InvalidOperationException)
        {
            return ApiProblems.InvalidUtf8;
        }
    }

    /// <summary>Reads the selected dead letters: with <c>ids</c> in any state, with <c>all</c> only waiting ones.</summary>
    public IEnumerable<DeadLetter> From(DeadLetterStore letters, string store) => Ids is { } ids
        ? Named(letters, ids, store).Where(letter => letter.Store == store)
        : letters.Read(After, store).Where(letter => letter.Store == store && letter.Mark.State == DeadLetterState.Waiting
            && (Code is null || letter.Code == Code)).Take(Limit);

    static IEnumerable<DeadLetter> Named(DeadLetterStore letters, IReadOnlySet<long> ids, string store)
    {
        var last = ids.Max();
        return letters.Read(Math.Max(ids.Min(), 1) - 1, store).TakeWhile(letter => letter.Id <= last).Where(letter => ids.Contains(letter.Id));
    }

    static string WrongProperty(string name) => name switch
    {
        "ids" => $"ids: expected an array of 1 to {MaxLetters} dead letter numbers.",
        "all" => "all: expected true.",
        "code" => "code: expected a string.",
        "after" => "after: expected a dead letter number, 0 or more.",
        "limit" => $"limit: expected a number from 1 to {MaxLetters}.",
        "event" => "event: expected an object.",
        _ => $"'{name}': unknown field. {(Suggestion.Find(name, s_names) is { } near ? $"Did you mean '{near}'?" : $"Expected one of {string.Join(", ", s_names)}.")}",
    };

    static HttpProblem Wrong(string detail) => Invalid with { Detail = detail };
}
