using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Erasure;

/// <summary>Reads a person's rows in the database of journeys as JSON, one row at a time, over a connection of its own.</summary>
/// <param name="path">The database file.</param>
/// <param name="person">The person.</param>
/// <param name="rows">Their rows.</param>
public sealed class PersonRecords(string path, Person person, PersonRows rows)
{
    // How a column is written as JSON.
    enum Form
    {
        Value,
        Time,
        Money,
        Flag,
        JourneyState,
        MessageState,
        Reason,
        Channel,
        Id,
    }

    static readonly (string Name, string Sql, Form Form)[] s_journeys =
    [
        ("journey", "id", Form.Value), ("campaign", "campaign", Form.Value), ("variant", "variant", Form.Value), ("holdout", "holdout", Form.Flag), ("state", "state", Form.JourneyState),
        ("startedAt", "started_at", Form.Time), ("userId", "user_id", Form.Id), ("cartId", "cart_id", Form.Id), ("value", "value", Form.Money), ("currency", "currency", Form.Value),
    ];

    static readonly (string Name, string Sql, Form Form)[] s_messages =
    [
        ("id", "id", Form.Value), ("journey", "journey", Form.Value), ("campaign", "campaign", Form.Value), ("step", "step", Form.Value), ("channel", "channel", Form.Value),
        ("offer", "offer", Form.Value), ("state", "state", Form.MessageState), ("reason", "reason", Form.Reason), ("detail", "detail", Form.Value), ("decidedAt", "decided_at", Form.Time),
        ("dueAt", "due_at", Form.Time), ("sentAt", "sent_at", Form.Time), ("deliveredAt", "delivered_at", Form.Time), ("openedAt", "opened_at", Form.Time),
        ("clickedAt", "clicked_at", Form.Time), ("dismissedAt", "dismissed_at", Form.Time), ("userId", "user_id", Form.Id), ("cartId", "cart_id", Form.Id), ("message", "message", Form.Value),
    ];

    static readonly (string Name, string Sql, Form Form)[] s_orders =
    [
        ("orderId", "substr(order_id, 3)", Form.Value), ("at", "at", Form.Time), ("value", "value", Form.Money), ("currency", "currency", Form.Value), ("verified", "verified", Form.Flag),
        ("cartId", "cart_id", Form.Id), ("journey", "journey", Form.Value), ("intervention", "intervention", Form.Value), ("touch", "touch", Form.Value),
    ];

    static readonly (string Name, string Sql, Form Form)[] s_refunds =
    [
        ("orderId", "substr(order_id, 3)", Form.Value), ("at", "at", Form.Time), ("receivedAt", "received_at", Form.Time), ("amount", "amount", Form.Money), ("currency", "currency", Form.Value),
        ("cartId", "cart_id", Form.Id),
    ];

    static readonly (string Name, string Sql, Form Form)[] s_codes =
    [
        ("code", "code", Form.Value), ("intervention", "intervention", Form.Value), ("cartId", "cart_id", Form.Id), ("percent", "percent", Form.Value), ("issuedAt", "issued_at", Form.Time),
        ("usedAt", "used_at", Form.Time), ("usedBy", "used_by", Form.Id),
    ];

    static readonly (string Name, string Sql, Form Form)[] s_consents =
    [
        ("channel", "address", Form.Channel), ("granted", "granted", Form.Flag), ("at", "at", Form.Time), ("expiresAt", "CASE WHEN expires<9223372036854775807 THEN expires END", Form.Time),
    ];

    /// <summary>Reads the journeys.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Journeys() => OfJourneys("journey", "id", s_journeys);

    /// <summary>Reads the messages.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Messages() => OfJourneys("intervention", "journey", s_messages);

    /// <summary>Reads the orders credited to journeys; a refund is a row with a negative value.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Orders() => OfJourneys("conversion", "journey", s_orders);

    /// <summary>Reads the refunds as reported.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Refunds() => OfTexts("refund", "order_id", rows.Orders.Union(rows.Refunds, StringComparer.Ordinal), s_refunds);

    /// <summary>Reads the discount codes.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Codes() => OfTexts("code", "code", rows.Codes, s_codes);

    /// <summary>Reads the consents in force.</summary>
    public IEnumerable<Action<Utf8JsonWriter>> Consents()
    {
        using var database = new Database(path, isReader: true);
        using var query = new Query(database, $"SELECT {Columns(s_consents)} FROM consent WHERE owner=?1");
        foreach (var owner in person.Owners)
        {
            for (query.Rows.With(owner); query.Rows.Next();)
            {
                yield return json => Write(json, query.Rows, s_consents);
            }
        }
    }

    /// <summary>Converts milliseconds since 1970 to a time. Clamps: clients may send any number.</summary>
    public static DateTime TimeOf(long at) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(at, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime;

    IEnumerable<Action<Utf8JsonWriter>> OfJourneys(string table, string column, (string Name, string Sql, Form Form)[] columns)
    {
        using var database = new Database(path, isReader: true);
        using var query = new Query(database, $"SELECT {Columns(columns)} FROM {table} WHERE {column}=?1");
        foreach (var journey in rows.Journeys)
        {
            for (query.Rows.With(journey); query.Rows.Next();)
            {
                yield return json => Write(json, query.Rows, columns);
            }
        }
    }

    IEnumerable<Action<Utf8JsonWriter>> OfTexts(string table, string column, IEnumerable<string> texts, (string Name, string Sql, Form Form)[] columns)
    {
        using var database = new Database(path, isReader: true);
        using var query = new Query(database, $"SELECT {Columns(columns)} FROM {table} WHERE store=?1 AND {column}=?2");
        foreach (var text in texts)
        {
            for (query.Rows.With(person.Store).With(text); query.Rows.Next();)
            {
                yield return json => Write(json, query.Rows, columns);
            }
        }
    }

    static string Columns((string Name, string Sql, Form Form)[] columns) => string.Join(", ", columns.Select(column => column.Sql));

    void Write(Utf8JsonWriter json, Statement row, (string Name, string Sql, Form Form)[] columns)
    {
        json.WriteStartObject();
        for (var i = 0; i < columns.Length; i++)
        {
            json.WritePropertyName(columns[i].Name);
            if (row.IsNull(i))
            {
                json.WriteNullValue();
            }
            else
            {
                Write(json, row, i, columns[i].Form);
            }
        }

        json.WriteEndObject();
    }

    void Write(Utf8JsonWriter json, Statement row, int column, Form form)
    {
        switch (form)
        {
            case Form.Time:
                json.WriteStringValue(TimeOf(row.Long(column)));
                break;
            case Form.Money:
                json.WriteNumberValue(Money.ToDecimal(row.Long(column)));
                break;
            case Form.Flag:
                json.WriteBooleanValue(row.Long(column) != 0);
                break;
            case Form.JourneyState:
                json.WriteStringValue(((JourneyState)row.Int(column)).ToString().ToLowerInvariant());
                break;
            case Form.MessageState:
                json.WriteStringValue(((MessageState)row.Int(column)).ToString().ToLowerInvariant());
                break;
            case Form.Reason:
                json.WriteStringValue(row.Int(column) == 0 ? null : WithheldReasons.NameOf((WithheldReason)row.Int(column)));
                break;
            case Form.Channel:
                json.WriteStringValue((AddressKind)row.Int(column) switch { AddressKind.Email => "email", AddressKind.Phone => "sms", _ => "push" });
                break;
            case Form.Id:
                json.WriteStringValue(row.Value(column) is string id ? person.Ids.ShownForm(id) : null);
                break;
            default:
                WriteValue(json, row.Value(column));
                break;
        }
    }

    static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(value as string);
                break;
        }
    }
}
