using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>What programs write where an id is missing is nobody's id.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class PlaceholderIdTests(string door)
{
    static readonly string[] s_placeholders =
    [
        "undefined", "Undefined", "UNDEFINED", " undefined", "undefined\\t", "\\u00a0undefined\\u00a0", "\\\"undefined\\\"", "'null'", "null", "NULL", "nil", "None", "none", "NaN",
        "[object Object]", "[OBJECT OBJECT]", "0", "00", "0.0", "-1", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", " ", "   ", "-",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "anonymous", "Anonymous", "guest", "GUEST", "unknown", "(not set)", "n/a", "N/A", "true", "false", "{{ user_id }}", "{{user.id}}",
        "${userId}", "%USER_ID%", "<%= id %>", "[[id]]", "cart_undefined", "user-undefined", "gid://shopify/Cart/null", "session:null", "u=[object Object]",
        "[object Array]", "[object Window]", "[object HTMLInputElement]", "[object Arguments]", "[object global]",
        "[object Object],[object Object]", "[Object]", "[Array]", "Array", " [object Map] ", "cart-[object Window]", "user_[object HTMLInputElement]", "a/[object Array]",
        "...", ".", "--", "---", "0-0", "0.0.0", "0000-0000", "0 0", "-.-", "- -", "00000000000000000000000000000000",
        "{ffffffff-ffff-ffff-ffff-ffffffffffff}", "{FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF}", "(ffffffff-ffff-ffff-ffff-ffffffffffff)",
        "ffffffffffffffffffffffffffffffff", "(00000000-0000-0000-0000-000000000000)", "(undefined)", "{userId}",
        "urn:uuid:00000000-0000-0000-0000-000000000000", "urn:uuid:ffffffff-ffff-ffff-ffff-ffffffffffff",
        // Longer than records hold.
        "{{ customer.id | default: session.customer.id | append: shop.customer_suffix }}", "<%= current_user.try(:id) || session[:customer_id] || cookies[:visitor_id] %>",
        "${window.dataLayer.filter(entry => entry.userId).map(entry => entry.userId)}", "gid://shopify/Cart/hWN2Hiyz1nAoGbbQ8pmcvnVB?country=NL&language=NL&key=undefined",
        "\\\"{{ customer.email | default: 'nobody@shop.example' | append: shop.customer_suffix }}\\\"",
        "                                                                                ",
    ];

    static readonly string[] s_real =
    [
        "0-1", "10-0", "0.10", "-10", "ff", "ffff0", "fffff-ff", "[array]s", "arrays", "x[object y]", "[objects 1]", "{0-1}",
        "u1", "42", "10", "0x10", "a0",
        "nullable", "nully", "undefined1", "xundefined", "guesthouse", "guest-4711", "anonymous-71c4", "none-such", "Nan Goldin", "nan@shop.example",
        "jane-null", "8f14e45f-ceea-467f-9a36-dedd4bea2543", "00000000-0000-0000-0000-000000000001", "gid://shopify/Cart/abc?key=def", "user@null.example", "日本", "é",
        "unknown-person-1", "trueman", "{c1}", "idle", "email@shop.example", "O'Neil", "[x]", "100%", "$1",
        "gid://shopify/Cart/hWN2Hiyz1nAoGbbQ8pmcvnVB?key=2f5b3b2a9c1d4e6f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d", "{{ customer.id }} of a shop whose ids are as long as this whole sentence is",
    ];

    [TestCaseSource(nameof(s_placeholders))]
    public void An_event_for_a_cart_that_is_none_is_refused(string id)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"add_to_cart","cartId":"{{id}}","ts":1732095600000}""", door);
        Assert.That(problem.Code, Is.EqualTo("placeholder_id"));
        Assert.That(problem.Message, Does.StartWith("'cartId'"));
    }

    [TestCase("undefined")]
    [TestCase("[object Object]")]
    public void An_event_without_an_id_of_its_own_is_refused(string id)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"{{id}}","type":"add_to_cart","cartId":"c1","ts":1732095600000}""", door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("placeholder_id", $"'id' is the placeholder '{id}', not an id; send the real one")));
    }

    [TestCase("0", "")]
    [TestCase("0-0", "")]
    [TestCase("0.0.0", "")]
    [TestCase("00000000-0000-0000-0000-000000000000", "placeholder_id")]
    [TestCase("---", "placeholder_id")]
    public void An_event_may_have_the_first_of_running_numbers(string id, string code)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"{{id}}","type":"add_to_cart","cartId":"c1","ts":1732095600000}""", door);
        Assert.That(problem.IsError ? problem.Code : "", Is.EqualTo(code));
    }

    [TestCaseSource(nameof(s_placeholders))]
    public void A_user_and_a_session_that_are_nobody_are_ignored_and_counted(string id)
    {
        var (problem, read, slab) = EveryDoor.Read($$"""{"id":"e1","type":"add_to_cart","cartId":"c1","userId":"{{id}}","sessionId":"{{id}}","ts":1732095600000}""", door);
        Assert.That(problem.IsError, Is.False);
        Assert.That((read.IsUserIgnored, read.IsSessionIgnored), Is.EqualTo((true, true)));
        ref readonly var e = ref slab.Records[0];
        Assert.That((e.UserLength, e.SessionLength, e.Session, e.Customer.IsNone), Is.EqualTo(((byte)0, (byte)0, 0UL, true)));
    }

    [TestCase("{{ customer.email | default: 'jo@shop.example' }}")]
    [TestCase("{{ customer.email | default: 'jo@shop.example' | append: shop.customer_suffix }}")]
    public void A_template_with_an_address_is_no_id_where_addresses_are_sealed(string id)
    {
        var sealing = new SealedIds(new SealingSecret("a secret of the folder"u8.ToArray(), PacksLongIds: true), "demo"u8.ToArray());
        var rules = EventReading.AnyTime() with { Ids = new IdHasher("demo"u8, new byte[IdHasher.SecretSize]) { Sealed = sealing } };
        var (problem, read, _) = EveryDoor.Read($$"""{"id":"e1","type":"add_to_cart","cartId":"c1","userId":"{{id}}","ts":1732095600000}""", door, rules);
        Assert.That((problem.IsError, read.IsUserIgnored), Is.EqualTo((false, true)));
    }

    [TestCaseSource(nameof(s_real))]
    public void What_may_be_somebodys_id_is_one(string id)
    {
        var (problem, read, slab) = EveryDoor.Read($$"""{"id":"{{id}}","type":"add_to_cart","cartId":"{{id}}","userId":"{{id}}","sessionId":"{{id}}","ts":1732095600000}""", door);
        Assert.That(problem.IsError, Is.False, problem.Message);
        Assert.That((read.IsUserIgnored, read.IsSessionIgnored), Is.EqualTo((false, false)));
        Assert.That(slab.Records[0].UserLength, Is.Not.Zero);
    }
}
