using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Stores the decisions that started journeys, and what was sent to the shop's own systems, as JSON. Kept apart from journeys and messages
/// because it is most of the data and never changes; without it, the rows that do change lie close together. Content whose texts have an address is
/// encrypted under the key of its cart.
/// </summary>
public sealed class ContentTable
{
    /// <summary>Number of bits of a key that hold the step; step 0 is the journey's decision.</summary>
    internal const int StepBits = 8;

    readonly PersonTable _people;
    readonly Statement _set, _decision, _sent;

    internal ContentTable(Database database, PersonTable people)
    {
        _people = people;
        _set = database.Prepare("INSERT OR REPLACE INTO content(id, json) VALUES(?1, ?2)");
        _decision = database.Prepare("SELECT json, id FROM content WHERE id>=?1 AND id<?2 ORDER BY id LIMIT 1");
        _sent = database.Prepare("SELECT json, id FROM content WHERE id=?1");
    }

    /// <summary>Stores the decision that started a journey.</summary>
    public void SetDecision(long journey, in Hash128 cart, Intervention decision) => Set(journey, 0, cart, decision, country: null);

    /// <summary>Stores a message as it was handed over, for handing it over again.</summary>
    /// <param name="journey">The journey.</param>
    /// <param name="cart">Its cart.</param>
    /// <param name="sent">The message.</param>
    /// <param name="country">The store's country, of national telephone numbers in the texts; <see langword="null"/> for none.</param>
    public void SetSent(long journey, in Hash128 cart, Intervention sent, string? country) => Set(journey, sent.Step, cart, sent, country);

    /// <summary>
    /// Returns the decision that started a journey, or <see langword="null"/>. If only a sent message was stored, returns that: it has the
    /// same content.
    /// </summary>
    public Intervention? DecisionOf(long journey)
    {
        if (!_decision.With(KeyOf(journey, 0)).With(KeyOf(journey + 1, 0)).Next())
        {
            return null;
        }

        var found = Read(_decision);
        _decision.Reset();
        return found;
    }

    /// <summary>Returns a message as it was handed over, or <see langword="null"/>.</summary>
    public Intervention? SentOf(long journey, int step)
    {
        if (!_sent.With(KeyOf(journey, step)).Next())
        {
            return null;
        }

        var found = Read(_sent);
        _sent.Reset();
        return found;
    }

    /// <summary>Reads the columns <c>json</c> and <c>id</c> as an intervention; <see langword="null"/> if its key was destroyed.</summary>
    internal Intervention? Read(Statement row)
    {
        var bytes = row.Bytes(0);
        return !SealedBytes.Is(bytes) ? JsonSerializer.Deserialize(bytes, ContractsJson.Default.Intervention)
            : _people.Open(bytes, PlaceOf(row.Long(1))) is { } json ? JsonSerializer.Deserialize(json, ContractsJson.Default.Intervention) : null;
    }

    void Set(long journey, int step, in Hash128 cart, Intervention content, string? country)
    {
        var id = KeyOf(journey, step);
        _set.With(id);
        (_people.IsSealing && HasAddress(content, country)
            ? _set.With(_people.Seal(cart, PlaceOf(id), JsonSerializer.SerializeToUtf8Bytes(content, ContractsJson.Default.Intervention)))
            : _set.WithJson(content)).Run();
    }

    static bool HasAddress(Intervention content, string? country) =>
        PhoneText.IsIn(content.Message, country) || PhoneText.IsIn(content.Subject, country) || PhoneText.IsIn(content.Html, country);

    static PersonalPlace PlaceOf(long id) => new("", new Hash128((ulong)id, 0), "content.json");

    static long KeyOf(long journey, int step) => (journey << StepBits) + step;
}
