using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Erasure;

/// <summary>The rows of a person that no index of the database of journeys finds by person.</summary>
/// <param name="Journeys">The ids of the journeys.</param>
/// <param name="Carts">The ids of the carts.</param>
/// <param name="Orders">The keys of the orders.</param>
/// <param name="Codes">The discount codes.</param>
/// <param name="Refunds">The keys of refunded orders.</param>
/// <param name="Merged">The carts that were merged into the person's other carts, or into which those were merged.</param>
public sealed record PersonRows(
    IReadOnlyList<long> Journeys, IReadOnlyList<string> Carts, IReadOnlyList<string> Orders, IReadOnlyList<string> Codes, IReadOnlyList<string> Refunds, IReadOnlyList<Hash128> Merged)
{
    /// <summary>Maximum number of carts of a person.</summary>
    public const int MaxCarts = 10_000;

    /// <summary>Finds the rows in one pass over each table, over a connection of its own. Blocks no writer.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="person">The person. Journeys of other customers in the same carts are excluded.</param>
    /// <param name="reached">The keys of the addresses. An anonymous shopper who was reached at one of them is the person.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static PersonRows Find(string path, Person person, IReadOnlyCollection<Hash128> reached, CancellationToken cancellation)
    {
        using var database = new Database(path, isReader: true);
        var journeys = new HashSet<long>();
        var carts = new Dictionary<Hash128, string>();
        var subjects = SubjectsOf(database, person);
        var reachedAt = ReachedAt(database, reached);
        using (var all = new Query(database, "SELECT id, cart, cart_id, customer, user_id, subject FROM journey WHERE store=?1"))
        {
            for (all.Rows.With(person.Store); all.Rows.Next();)
            {
                cancellation.ThrowIfCancellationRequested();
                var (id, cart, customer) = (all.Rows.Long(0), all.Rows.Key(1), all.Rows.Key(3));
                var isNamed = customer == person.Customer || all.Rows.TextOrNull(4) == person.UserId;
                var isTheirs = customer == default && (person.CartKeys.Contains(cart) || subjects.Contains(all.Rows.Key(5)) || reachedAt.Contains(id));
                if (isNamed || isTheirs)
                {
                    journeys.Add(id);
                    if (carts.Count < MaxCarts)
                    {
                        carts[cart] = all.Rows.Text(2);
                    }
                }
            }
        }

        HashSet<Hash128> keys = [.. person.CartKeys, .. carts.Keys];
        HashSet<string> ids = [.. person.Carts, .. carts.Values];
        var orders = OrdersOf(database, journeys, subjects, person);
        var others = OrdersOfOthers(database, person.Store, journeys, keys);
        return new PersonRows(
            [.. journeys], [.. ids.Where(id => id.Length > 0)], [.. orders],
            Texts(database, """
                SELECT c.code, c.cart_id, c.used_by, j.id, j.customer FROM code c LEFT JOIN intervention i ON i.id=c.intervention LEFT JOIN journey j ON j.id=i.journey
                WHERE c.store=?1
                """, person.Store, rows => IsTheirCode(rows, journeys, ids)),
            Texts(database, "SELECT order_id, cart FROM refund WHERE store=?1", person.Store,
                rows => orders.Contains(rows.Text(0)) || (keys.Contains(rows.Key(1)) && !others.Contains(rows.Text(0)))),
            MergedOf(database, keys));
    }

    /// <summary>Whether there are no rows to erase.</summary>
    public bool IsEmpty => Journeys.Count + Codes.Count + Refunds.Count + Merged.Count == 0;

    /// <summary>Counts rows that contain the person's id, in every table with a column <c>user_id</c>. Must be 0 after the erasure.</summary>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static long CountNamed(string path, Person person)
    {
        using var database = new Database(path, isReader: true);
        using var tables = TablesWithUsers(database);
        var named = 0L;
        while (tables.Rows.Next())
        {
            using var count = new Query(database, $"SELECT count(*) FROM \"{tables.Rows.Text(0)}\" WHERE store=?1 AND user_id=?2");
            named += count.Rows.With(person.Store).With(person.UserId).Number() ?? 0;
        }

        return named;
    }

    /// <summary>Reads the users in every table with a column <c>user_id</c>.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="onUser">Receives a store's id and a user's id. A user may occur more than once.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static void ReadUsers(string path, Action<string, string> onUser)
    {
        using var database = new Database(path, isReader: true);
        using var tables = TablesWithUsers(database);
        while (tables.Rows.Next())
        {
            using var users = new Query(database, $"SELECT DISTINCT store, user_id FROM \"{tables.Rows.Text(0)}\" WHERE user_id IS NOT NULL");
            while (users.Rows.Next())
            {
                onUser(users.Rows.Text(0), users.Rows.Text(1));
            }
        }
    }

    static Query TablesWithUsers(Database database) => new(database, """
        SELECT m.name FROM sqlite_master m WHERE m.type='table' AND EXISTS(SELECT 1 FROM pragma_table_info(m.name) WHERE name='user_id')
            AND EXISTS(SELECT 1 FROM pragma_table_info(m.name) WHERE name='store')
        """);

    // A customer who was an anonymous shopper first has that shopper's key.
    static HashSet<Hash128> SubjectsOf(Database database, Person person)
    {
        HashSet<Hash128> subjects = [person.Customer];
        using var own = new Query(database, "SELECT subject FROM identity WHERE customer=?1");
        for (own.Rows.With(person.Customer); own.Rows.Next();)
        {
            subjects.Add(own.Rows.Key(0));
        }

        return subjects;
    }

    static HashSet<long> ReachedAt(Database database, IReadOnlyCollection<Hash128> reached)
    {
        var found = new HashSet<long>();
        using var journeys = new Query(database, "SELECT DISTINCT journey FROM intervention WHERE reached=?1");
        foreach (var key in reached)
        {
            for (journeys.Rows.With(key); journeys.Rows.Next();)
            {
                found.Add(journeys.Rows.Long(0));
            }
        }

        return found;
    }

    static HashSet<string> OrdersOf(Database database, HashSet<long> journeys, HashSet<Hash128> subjects, Person person)
    {
        HashSet<string> orders = [.. person.Orders];
        using var ofJourney = new Query(database, "SELECT order_id FROM conversion WHERE journey=?1 AND order_id IS NOT NULL");
        foreach (var journey in journeys)
        {
            for (ofJourney.Rows.With(journey); ofJourney.Rows.Next();)
            {
                orders.Add(ofJourney.Rows.Text(0));
            }
        }

        using var ofSubject = new Query(database, "SELECT order_id FROM conversion WHERE subject=?1 AND order_id IS NOT NULL");
        foreach (var subject in subjects)
        {
            for (ofSubject.Rows.With(subject); ofSubject.Rows.Next();)
            {
                orders.Add(ofSubject.Rows.Text(0));
            }
        }

        return orders;
    }

    // Another customer may have continued a cart. Orders credited to that customer's journeys are not the person's.
    static HashSet<string> OrdersOfOthers(Database database, string store, HashSet<long> journeys, HashSet<Hash128> carts)
    {
        HashSet<string> orders = [];
        using var all = new Query(database,
            "SELECT c.order_id, c.cart, j.id, j.customer FROM journey j JOIN conversion c ON c.journey=j.id WHERE j.store=?1 AND c.order_id IS NOT NULL");
        for (all.Rows.With(store); all.Rows.Next();)
        {
            if (carts.Contains(all.Rows.Key(1)) && !journeys.Contains(all.Rows.Long(2)) && all.Rows.Key(3) != default)
            {
                orders.Add(all.Rows.Text(0));
            }
        }

        return orders;
    }

    // A code given to another customer in one of the person's carts is not the person's, unless another of their carts redeemed it.
    static bool IsTheirCode(Statement code, HashSet<long> journeys, HashSet<string> carts)
    {
        var (cart, usedBy) = (code.Text(1), code.TextOrNull(2));
        var isOfAnother = code.LongOrNull(3) is { } journey && !journeys.Contains(journey) && code.Key(4) != default;
        return (carts.Contains(cart) && !isOfAnother) || (usedBy is not null && usedBy != cart && carts.Contains(usedBy));
    }

    static List<string> Texts(Database database, string sql, string store, Func<Statement, bool> isTheirs)
    {
        var found = new List<string>();
        using var all = new Query(database, sql);
        for (all.Rows.With(store); all.Rows.Next();)
        {
            if (isTheirs(all.Rows))
            {
                found.Add(all.Rows.Text(0));
            }
        }

        return [.. found.Distinct(StringComparer.Ordinal)];
    }

    static List<Hash128> MergedOf(Database database, HashSet<Hash128> carts)
    {
        var found = new List<Hash128>();
        using var all = new Query(database, "SELECT cart, target FROM merged");
        while (all.Rows.Next())
        {
            if (carts.Contains(all.Rows.Key(0)) || carts.Contains(all.Rows.Key(1)))
            {
                found.Add(all.Rows.Key(0));
            }
        }

        return found;
    }
}
