using System.Net;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>
/// Calls every GET route, in every format, with users who may not see personal data, over an engine with a customer of whom everything is known, and looks for it
/// in the answers. The routes come from the application itself.
/// </summary>
[TestFixture]
sealed class MaskingTests
{
    const string Password = "correct horse battery";
    const string Customer = "zoe.quellin@mail.example", Cart = "zoe.cart@mail.example", Number = "+31612345678", Name = "Zoquella", Email = "zq@post.example";

    // Of whom only a part is known: a telephone number, and a cart's id that says who it is without being an address.
    const string Caller = "+31687654321", CallersCart = "basket-of-quillfeather";

    static readonly string[] s_personal = [Customer, Cart, Number, Name, Email, Caller, CallersCart];

    InProcessEngine _engine = null!;
    Passwords _passwords = null!;
    Scratch _scratch = null!;
    string _intervention = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        (_scratch, _passwords) = (new Scratch(), new Passwords());
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
            config.Sinks["out"] = sink;
            var campaign = InProcessEngine.Answering("begin_checkout", "Hello {{ customer.first_name }} at {{ customer.id }}");
            (campaign.Name, campaign.Channel) = ("greeting", "out");
            config.Decisions.Campaigns.Add(campaign);
        });
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "identify", $$""","userId":"{{Customer}}","meta":{"firstName":"{{Name}}","email":"{{Email}}","phone":"{{Number}}"}"""),
            EventJson.Of(Cart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{Customer}}" """),
            EventJson.Of(CallersCart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{Caller}}" """)));
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "begin_checkout", $$""","userId":"{{Customer}}" """), EventJson.Of(CallersCart, "begin_checkout", $$""","userId":"{{Caller}}" """)));
        await Eventually.Is(() => Sent().Contains("\"message\":\"Hello ", StringComparison.Ordinal), () => $"it is sent: {Sent()}");
        await _engine.PostAsync("/v1/events", EventJson.Of(Cart, "purchase", $$""","orderId":"o1","value":5,"userId":"{{Customer}}" """));
        await _engine.PostAsync("/v1/suppressions", $$"""{"channel":"email","address":"{{Email}}"}""");
        await _engine.PostAsync("/v1/suppressions", $$"""{"channel":"sms","address":"{{Number}}"}""");
        await _engine.PostAsync("/v1/events", $$$"""{"id":"broken","cartId":"{{{Cart}}}","meta":{"email":"{{{Email}}}","phone":"{{{Number}}}"}}""");
        await Eventually.Is(() => _engine.Host.DeadLetters.Count(DeadLetterState.Waiting) > 0, "a letter is kept");
        var sent = (await _engine.GetAsync("/v1/interventions?state=sent")).Json.GetProperty("items").EnumerateArray();
        _intervention = sent.First(item => item.GetProperty("cartId").GetString() == Cart).GetProperty("id").GetString()!;
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _passwords.Dispose();
        _scratch.Dispose();
    }

    [TestCase("viewer")]
    [TestCase("analyst")]
    [TestCase("marketer")]
    public async Task Without_the_permission_no_answer_has_personal_data(string role)
    {
        var (id, access) = await UserAsync(role);
        var answered = 0;
        using (Assert.EnterMultipleScope())
        {
            var ids = new MaskedIds(_engine.Host.Control);
            foreach (var path in Paths().Concat(Paths(ids.Mask("demo", PersonalIdKind.Customer, Customer), ids.Mask("demo", PersonalIdKind.Cart, Cart))))
            {
                var answer = await _engine.GetAsync(path, key: null, access);
                answered += answer.Status == HttpStatusCode.OK ? 1 : 0;
                foreach (var text in Found(answer))
                {
                    Assert.Fail($"{role}: {path} shows {text}: {answer.Body}");
                }
            }
        }

        Assert.That(answered, Is.GreaterThan(40), "most routes answer");
        Assert.That((await EntriesAsync($"user:{id}", "personal_data.read")), Is.Empty);
    }

    [Test]
    public async Task With_the_permission_the_answers_have_it_and_each_read_is_recorded()
    {
        var (id, access) = await UserAsync("operator");
        var found = new HashSet<string>(StringComparer.Ordinal);
        var readers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (route, path) in Routes())
        {
            var texts = Found(await _engine.GetAsync(path, key: null, access)).Where(text => !Uri.UnescapeDataString(path).Contains(text, StringComparison.Ordinal)).ToArray();
            found.UnionWith(texts);
            if (texts.Length > 0)
            {
                readers.Add($"route:{route}");
            }
        }

        Assert.That(found, Is.EquivalentTo(s_personal), "the test would find it");
        Assert.That(readers, Is.SubsetOf((await EntriesAsync($"user:{id}", "personal_data.read")).Select(entry => entry.Event.Target)));
        Assert.That(readers, Has.Count.GreaterThan(8));
    }

    [Test]
    public async Task Without_the_permission_only_masked_ids_name_people_and_carts()
    {
        var (_, access) = await UserAsync("marketer");
        var ids = new MaskedIds(_engine.Host.Control);
        var (customer, cart) = (ids.Mask("demo", PersonalIdKind.Customer, Customer), ids.Mask("demo", PersonalIdKind.Cart, Cart));
        foreach (var (masked, others) in new[] { (customer, new[] { Customer, "nobody", cart }), (cart, new[] { Cart, "nobody", customer, ids.Mask("other", PersonalIdKind.Cart, Cart) }) })
        {
            foreach (var path in masked == customer ? new[] { "/v1/customers/ID", "/v1/customers/ID/timeline", "/v1/users/ID", "/v1/carts?userId=ID", "/v1/interventions?userId=ID" }
                : ["/v1/carts/ID", "/v1/features/ID", "/v1/interventions?cartId=ID"])
            {
                Assert.That((await _engine.GetAsync(path.Replace("ID", masked, StringComparison.Ordinal), key: null, access)).Status, Is.EqualTo(HttpStatusCode.OK), path);
                foreach (var other in others)
                {
                    var answer = await _engine.GetAsync(path.Replace("ID", Uri.EscapeDataString(other), StringComparison.Ordinal), key: null, access);
                    Assert.That(answer.Problem, Is.EqualTo(path.Contains('?') ? (400, "out_of_range") : (404, masked == customer ? "customer_not_found" : "cart_not_found")), $"{path} {other}");
                }
            }
        }

        foreach (var other in new[] { Cart, customer })
        {
            Assert.That((await _engine.PostAsync("/v1/predict", $$"""{"cartId":"{{other}}"}""", key: null, access)).Problem, Is.EqualTo((404, "cart_not_found")));
        }

        Assert.That((await _engine.PostAsync("/v1/codes/SAVE/redeem", $$"""{"cartId":"{{customer}}"}""", key: null, access)).Problem, Is.EqualTo((400, "out_of_range")), "it is no cart's");
        Assert.That((await _engine.PostAsync("/v1/codes/SAVE/redeem", $$"""{"cartId":"{{cart}}"}""", key: null, access)).Problem, Is.EqualTo((404, "code_unknown")));
        foreach (var (path, body) in new[] { ("/v1/codes/SAVE/redeem", ""), ("/v1/interventions", ",\"campaign\":\"greeting\"") })
        {
            Assert.That((await _engine.PostAsync(path, $$"""{"cartId":"{{Cart}}"{{body}}}""", key: null, access)).Problem.Status, Is.EqualTo(400), $"{path}: what it does would reveal the masked id");
        }
        Assert.That((await _engine.GetAsync($"/v1/carts/{Uri.EscapeDataString(Cart)}")).Status, Is.EqualTo(HttpStatusCode.OK), "who sees ids names them");
    }

    [Test]
    public void Masked_ids_tell_neither_kind_nor_store_nor_length()
    {
        var ids = new MaskedIds(_engine.Host.Control);
        var masked = ids.Mask("demo", PersonalIdKind.Cart, "c1");
        Assert.That((ids.Open("demo", PersonalIdKind.Cart, masked), ids.Open("demo", PersonalIdKind.Customer, masked), ids.Open("other", PersonalIdKind.Cart, masked)), Is.EqualTo(("c1", (string?)null, (string?)null)));
        Assert.That(ids.Open("demo", PersonalIdKind.Cart, masked[..^1]), Is.Null);
        Assert.That(ids.Mask("demo", PersonalIdKind.Customer, "c1")["masked.".Length..][..16], Is.Not.EqualTo(masked["masked.".Length..][..16]), "no nonce is used for two kinds");
        foreach (var id in new[] { "", "1", "zoe", new string('z', 15), new string('z', 16), new string('é', 128) })
        {
            Assert.That(ids.Open("demo", PersonalIdKind.Cart, ids.Mask("demo", PersonalIdKind.Cart, id)), Is.EqualTo(id));
        }

        Assert.That(new[] { "1", "zoe", new string('z', 15) }.Select(id => ids.Mask("demo", PersonalIdKind.Cart, id).Length).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_message_for_a_real_cart_takes_the_permission_and_one_for_a_sample_does_not()
    {
        const string OfCart = $$"""{"cartId":"{{Cart}}"}""", Test = $$"""{"to":"staff@shop.example","cartId":"{{Cart}}"}""";
        var page = $"/v1/campaigns/greeting/preview?cartId={Uri.EscapeDataString(Cart)}";
        var (marketer, masked) = await UserAsync("marketer");
        Assert.That((await _engine.GetAsync("/v1/campaigns/greeting/preview", key: null, masked)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/campaigns/greeting/preview", OfCart, key: null, masked)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await _engine.PostAsync("/v1/campaigns/greeting/test", Test, key: null, masked)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await _engine.PostAsync("/v1/campaigns/greeting/test", """{"to":"staff@shop.example"}""", key: null, masked)).Problem, Is.EqualTo((400, "not_staff")));
        Assert.That((await EntriesAsync($"user:{marketer}", "access.refused")).Select(entry => entry.Event.Target),
            Is.EqualTo(new[] { "route:POST /v1/campaigns/{name}/test", "route:POST /v1/campaigns/{name}/preview" }));

        var (reader, clear) = await UserAsync("operator");
        Assert.That((await _engine.GetAsync("/v1/campaigns/greeting/preview", key: null, clear)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await EntriesAsync($"user:{reader}", "personal_data.read"), Is.Empty, "a sample tells of nobody");
        Assert.That((await _engine.GetAsync(page, key: null, clear)).Body, Does.Contain(Name));
        Assert.That((await _engine.PostAsync("/v1/campaigns/greeting/test", Test, key: null, clear)).Problem, Is.EqualTo((400, "not_staff")));
        Assert.That((await EntriesAsync($"user:{reader}", "personal_data.read")).Select(entry => entry.Event.Target), Is.EqualTo(new[]
        {
            "route:POST /v1/campaigns/{name}/test", "route:GET /v1/campaigns/{name}/preview",
        }));
    }

    [Test]
    public async Task Masked_ids_tell_customers_apart_and_lead_to_what_is_about_them()
    {
        var (_, access) = await UserAsync("marketer");
        var customers = (await _engine.GetAsync("/v1/customers", key: null, access)).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("userId").GetString()!).ToArray();
        Assert.That(customers.Distinct().Count(), Is.EqualTo(2));
        var carts = (await _engine.GetAsync("/v1/carts", key: null, access)).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.That(carts.Select(cart => cart.GetProperty("userId").GetString()), Is.EquivalentTo(customers));
        foreach (var cart in carts)
        {
            var (customer, id) = (cart.GetProperty("userId").GetString()!, cart.GetProperty("cartId").GetString()!);
            Assert.That(id, Does.StartWith("masked."));
            Assert.That((await _engine.GetAsync($"/v1/carts/{id}", key: null, access)).Json.GetProperty("cartId").GetString(), Is.EqualTo(id));
            Assert.That((await _engine.GetAsync($"/v1/features/{id}", key: null, access)).Json.GetProperty("cartId").GetString(), Is.EqualTo(id));
            Assert.That((await _engine.PostAsync("/v1/predict", $$"""{"cartId":"{{id}}"}""", key: null, access)).Json.GetProperty("cartId").GetString(), Is.EqualTo(id));
            Assert.That((await _engine.GetAsync($"/v1/customers/{customer}", key: null, access)).Json.GetProperty("userId").GetString(), Is.EqualTo(customer));
            foreach (var list in new[] { $"/v1/customers/{customer}/timeline", $"/v1/interventions?userId={customer}", $"/v1/interventions?cartId={id}", $"/v1/carts?userId={customer}" })
            {
                var items = (await _engine.GetAsync(list, key: null, access)).Json.GetProperty("items").EnumerateArray().ToArray();
                Assert.That(items, Is.Not.Empty, list);
                Assert.That(items.Select(item => item.GetProperty("cartId").GetString()), Is.All.EqualTo(id), list);
            }
        }
    }

    static IEnumerable<string> Found(ApiAnswer answer)
    {
        var all = answer.Body + string.Concat(answer.Headers.Select(header => header.Value));
        return s_personal.Where(text => Spellings(text).Any(spelling => all.Contains(spelling, StringComparison.OrdinalIgnoreCase)));
    }

    static IEnumerable<string> Spellings(string text) =>
        [text, Uri.EscapeDataString(text), text.Replace("+", "\\u002B", StringComparison.Ordinal), text.TrimStart('+'), Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=')];

    IEnumerable<string> Paths(string customer = Customer, string cart = Cart) => Routes(customer, cart).Select(route => route.Path);

    // Each route with the ids of the customer, and each list in each format. Masked readers may know an id: the answer does not repeat it.
    IEnumerable<(string Route, string Path)> Routes(string customer = Customer, string cart = Cart)
    {
        foreach (var route in AccessMatrixTests.Routes(_engine).Where(route => route.StartsWith("GET /", StringComparison.Ordinal) && route != "GET /v1/stream"))
        {
            var pattern = route["GET ".Length..];
            var path = pattern.Replace("{cartId}", Uri.EscapeDataString(cart), StringComparison.Ordinal).Replace("{userId}", Uri.EscapeDataString(customer), StringComparison.Ordinal)
                .Replace("{id}", _intervention, StringComparison.Ordinal).Replace("{name}", "greeting", StringComparison.Ordinal)
                .Replace("{id:long}", "1", StringComparison.Ordinal).Replace("{documentName?}", "v1", StringComparison.Ordinal)
                .Replace("{code}", "SAVE", StringComparison.Ordinal).Replace("{key}", "flag", StringComparison.Ordinal).Replace("{requestId}", "none", StringComparison.Ordinal).Replace("{token}", "none", StringComparison.Ordinal).Replace("{path}", "limits.batch", StringComparison.Ordinal)
                .Replace("{number:long}", "1", StringComparison.Ordinal).Replace("{version}", "champion", StringComparison.Ordinal).Replace("{service}", "cartrecovery", StringComparison.Ordinal);
            Assert.That(path, Does.Not.Contain("{"), "a new kind of parameter needs a value here");
            foreach (var query in new[] { "", "?format=csv", "?from=0", "?state=all" })
            {
                yield return (route, path + query);
            }

            if (pattern.EndsWith("/preview", StringComparison.Ordinal))
            {
                yield return (route, $"{path}?cartId={Uri.EscapeDataString(cart)}");
            }
        }
    }

    string Sent() => File.Exists(_scratch.PathOf("sent.ndjson")) ? File.ReadAllText(_scratch.PathOf("sent.ndjson")) : "";

    async Task<(string Id, (string, string) Access)> UserAsync(string role)
    {
        var users = new UserStore(_engine.Host.Control);
        var email = $"{role}{Guid.NewGuid():n}@shop.example";
        var (user, token) = await users.InviteAsync(email, [new Grant(role, null)], "cli");
        await users.AcceptAsync(token, await _passwords.HashAsync(Password), address: null);
        var login = await _engine.PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{Password}}"}""", key: null);
        return (user.Id, ("Authorization", $"Bearer {login.Json.GetProperty("accessToken").GetString()}"));
    }

    Task<List<AuditEntry>> EntriesAsync(string actor, string action) =>
        new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Actor: actor, Action: action), long.MaxValue, 1000);
}
