using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Replaces the keys of carts and customers by those that the partitions were written with anew. Shoppers keep their subjects, and with
/// them the variants and the holdout. Repeatable: a replaced key is not replaced again.
/// </summary>
static class KeyChange
{
    // A subject is the key that its first cart or its customer had. Whose key changes is recorded as one who joined that subject.
    const string Statements = """
        UPDATE identity SET customer=(SELECT key FROM map.keys WHERE former=customer) WHERE customer IN (SELECT former FROM map.keys);
        INSERT OR IGNORE INTO identity(customer, subject)
            SELECT k.key, j.subject FROM journey j JOIN map.keys k ON k.former=j.customer ORDER BY j.started_at;
        INSERT OR IGNORE INTO identity(customer, subject)
            SELECT k.key, j.subject FROM journey j JOIN map.keys k ON k.former=j.cart WHERE j.subject=j.cart ORDER BY j.started_at;
        UPDATE OR REPLACE purchase SET owner=(SELECT key FROM map.keys WHERE former=owner) WHERE owner IN (SELECT former FROM map.keys);
        UPDATE OR REPLACE contact SET owner=(SELECT key FROM map.keys WHERE former=owner) WHERE owner IN (SELECT former FROM map.keys);
        UPDATE OR REPLACE consent SET owner=(SELECT key FROM map.keys WHERE former=owner) WHERE owner IN (SELECT former FROM map.keys);
        UPDATE journey SET customer=(SELECT key FROM map.keys WHERE former=customer) WHERE customer IN (SELECT former FROM map.keys);
        UPDATE journey SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE intervention SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE OR REPLACE cart_product SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE OR REPLACE unproven SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE OR REPLACE merged SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE merged SET target=(SELECT key FROM map.keys WHERE former=target) WHERE target IN (SELECT former FROM map.keys);
        UPDATE refund SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        UPDATE conversion SET cart=(SELECT key FROM map.keys WHERE former=cart) WHERE cart IN (SELECT former FROM map.keys);
        """;

    /// <summary>Replaces the keys.</summary>
    /// <param name="database">The database.</param>
    /// <param name="map">An SQLite file with a table <c>keys</c> of <c>former</c> and <c>key</c>.</param>
    /// <exception cref="IOException">A file cannot be used; nothing was changed.</exception>
    public static void Apply(Database database, string map)
    {
        database.Execute($"ATTACH '{map.Replace("'", "''", StringComparison.Ordinal)}' AS map");
        database.Execute($"BEGIN IMMEDIATE; {Statements} COMMIT");
        database.Execute("DETACH map");
    }
}
