using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Finds a person in the rows of an archive, as in the journals: an event is theirs if it names them, or if it names nobody and is of one of their carts, or says
/// one of their ids or addresses.
/// </summary>
/// <param name="person">The person.</param>
sealed class ArchivedPerson(Person person)
{
    static readonly int s_id = ColumnOf("id"), s_cart = ColumnOf("cartId"), s_user = ColumnOf("userId"), s_session = ColumnOf("sessionId"), s_meta = ColumnOf("meta");

    readonly PersonSpellings _spellings = new(person);
    readonly HashSet<string> _users = new([person.UserId, ForgottenPeople.ShortForm(person.UserId)], StringComparer.Ordinal);
    readonly HashSet<string> _carts = new(person.Carts, StringComparer.Ordinal);

    /// <summary>Returns whether a row of <see cref="EventRows"/> is theirs.</summary>
    public bool Has(object?[] row) => row[s_user] is string user ? _users.Contains(user)
        : _carts.Contains((string)row[s_cart]!) || _spellings.AreIn(Encoding.UTF8.GetBytes($"{row[s_id]} {row[s_cart]} {row[s_session]} {row[s_meta]}"));

    static int ColumnOf(string name) => EventRows.Columns.Select((column, i) => (column.Name, i)).First(column => column.Name == name).i;
}
