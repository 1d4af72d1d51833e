using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Finds a person's events in the rows of an archive, by the rules for journals: an event with a user id is the person's if the id is. One without is the person's if it
/// is of one of their carts, or if its text has one of their ids or addresses.
/// </summary>
/// <param name="person">The person.</param>
sealed class ArchivedPerson(Person person)
{
    static readonly int s_id = ColumnOf("id"), s_cart = ColumnOf("cartId"), s_user = ColumnOf("userId"), s_session = ColumnOf("sessionId"), s_meta = ColumnOf("meta");

    readonly PersonSpellings _spellings = new(person);
    readonly HashSet<string> _users = new([person.UserId, ForgottenPeople.ShortForm(person.UserId), person.Ids.ShownForm(person.UserId)], StringComparer.Ordinal);
    readonly HashSet<string> _carts = new([.. person.Carts, .. person.Carts.Select(person.Ids.ShownForm)], StringComparer.Ordinal);

    /// <summary>Returns whether a row of <see cref="EventRows"/> is the person's.</summary>
    public bool Has(object?[] row) => row[s_user] is string user ? _users.Contains(user)
        : _carts.Contains((string)row[s_cart]!) || _spellings.AreIn(Encoding.UTF8.GetBytes($"{row[s_id]} {row[s_cart]} {row[s_session]} {row[s_meta]}"));

    static int ColumnOf(string name) => EventRows.Columns.Select((column, i) => (column.Name, i)).First(column => column.Name == name).i;
}
