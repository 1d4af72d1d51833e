using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Events.Identity;

[TestFixture]
public sealed class ForgottenPeopleTests
{
    static readonly KeyedHash s_hash = new("0123456789abcdef"u8);

    [Test]
    public void A_person_is_one_in_one_store()
    {
        var people = Of(("shop", "ada"));

        Assert.That(people.Contains("shop"u8, "ada"u8));
        Assert.That((people.Contains("shop2"u8, "ada"u8), people.Contains("sho"u8, "pada"u8), people.Contains("shop"u8, "Ada"u8), people.Contains("shop"u8, ""u8)), Is.EqualTo((false, false, false, false)));
        Assert.That((people.IsEmpty, people.Count), Is.EqualTo((false, 1)));
    }

    [Test]
    public void A_long_id_is_found_by_its_short_form_too()
    {
        var id = new string('x', 100);
        var people = Of(("shop", id));

        Assert.That(people.Contains("shop"u8, Encoding.UTF8.GetBytes(id)));
        Assert.That(people.Contains("shop"u8, Encoding.UTF8.GetBytes(ForgottenPeople.ShortForm(id))));
        Assert.That(people.Contains("shop"u8, Encoding.UTF8.GetBytes(new string('x', 101))), Is.False);
    }

    [Test]
    public void Nobody_is_forgotten_once_all_are_lifted()
    {
        var people = Of(("shop", "ada"));
        people.Replace(s_hash, []);

        Assert.That((people.IsEmpty, people.Contains("shop"u8, "ada"u8)), Is.EqualTo((true, false)));
    }

    static ForgottenPeople Of(params (string Store, string User)[] all)
    {
        var people = new ForgottenPeople();
        people.Replace(s_hash, [.. all.Select(person => ForgottenPeople.KeyOf(s_hash, Encoding.UTF8.GetBytes(person.Store), Encoding.UTF8.GetBytes(person.User)))]);
        return people;
    }
}
