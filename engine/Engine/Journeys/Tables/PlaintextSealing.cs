using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Encrypts the personal data in a database of an earlier version, once, and rewrites the file, so that nothing of the plaintext is left in it
/// or in its log. Repeatable: what is encrypted stays.
/// </summary>
static class PlaintextSealing
{
    const int Encrypted = 1, Rewritten = 2, Batch = 1000;

    static readonly string[] s_columns = ["email", "phone", "push", "attributes", "user_id"];

    /// <summary>Encrypts what is there.</summary>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public static void Run(Database database, PersonTable people, AddressKeys addresses)
    {
        var done = StepOf(database);
        if (done < Encrypted)
        {
            database.Execute("BEGIN IMMEDIATE");
            SealContacts(database, people);
            HashSuppressions(database, addresses);
            HashReached(database, addresses, "intervention");
            HashReached(database, addresses, "unproven");
            database.Execute($"INSERT INTO sealing(step) VALUES({Encrypted}); COMMIT");
        }

        if (done < Rewritten)
        {
            database.Execute("VACUUM");
            database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            database.Execute($"INSERT INTO sealing(step) VALUES({Rewritten})");
        }
    }

    static long StepOf(Database database)
    {
        using var step = new Query(database, "SELECT max(step) FROM sealing");
        return step.Rows.Number() ?? 0;
    }

    // Whose word a row was is not recorded; the owner's key serves: that of a customer, a cart, or a customer in a cart.
    static void SealContacts(Database database, PersonTable people)
    {
        using var next = new Query(database, $"SELECT owner, store, {string.Join(", ", s_columns)} FROM contact WHERE owner>coalesce(?1, x'') ORDER BY owner LIMIT {Batch}");
        using var update = new Query(database, $"UPDATE contact SET {string.Join(", ", s_columns.Select((column, i) => $"{column}=?{i + 1}"))} WHERE owner=?{s_columns.Length + 1}");
        var rows = new List<(Hash128 Owner, string Store, string?[] Texts)>();
        var last = default(Hash128);
        do
        {
            rows.Clear();
            next.Rows.With(last);
            while (next.Rows.Next())
            {
                rows.Add((next.Rows.Key(0), next.Rows.Text(1), [.. s_columns.Select((_, i) => next.Rows.TextOrNull(i + 2))]));
            }

            foreach (var (owner, store, texts) in rows)
            {
                last = owner;
                for (var i = 0; i < s_columns.Length; i++)
                {
                    people.Bind(update.Rows, owner, new PersonalPlace(store, owner, s_columns[i]), texts[i]);
                }

                update.Rows.With(owner).Run();
            }
        }
        while (rows.Count == Batch);
    }

    static void HashSuppressions(Database database, AddressKeys addresses)
    {
        var rows = new List<(string Store, long Kind, string Value)>();
        using (var all = new Query(database, "SELECT store, address, value FROM suppression WHERE typeof(value)='text'"))
        {
            while (all.Rows.Next())
            {
                rows.Add((all.Rows.Text(0), all.Rows.Long(1), all.Rows.Text(2)));
            }
        }

        using var update = new Query(database, "UPDATE OR REPLACE suppression SET value=?1 WHERE store=?2 AND address=?3 AND value=?4");
        foreach (var (store, kind, value) in rows)
        {
            update.Rows.With(addresses.SuppressedOf(AddressKeys.Fold(value)).Key).With(store).With(kind).With(value).Run();
        }
    }

    static void HashReached(Database database, AddressKeys addresses, string table)
    {
        var keys = new List<Hash128>();
        using (var all = new Query(database, $"SELECT DISTINCT reached FROM {table} WHERE reached IS NOT NULL"))
        {
            while (all.Rows.Next())
            {
                keys.Add(all.Rows.Key(0));
            }
        }

        using var update = new Query(database, $"UPDATE {table} SET reached=?1 WHERE reached=?2");
        foreach (var key in keys)
        {
            update.Rows.With(addresses.Of(key)).With(key).Run();
        }
    }
}
