using System.Net;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The storefront client as served.</summary>
[TestFixture]
public sealed class StorefrontApiTests
{
    [TestCase("/sdk.js", "globalThis.CartRecovery")]
    [TestCase("/sdk.mjs", "import \"./sdk.js\";")]
    public async Task The_client_is_served_to_every_origin(string path, string content)
    {
        await using var engine = await InProcessEngine.StartAsync();

        var answer = await engine.GetAsync(path, key: null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Body, Does.Contain(content));
            Assert.That(answer.Headers["Content-Type"], Is.EqualTo("text/javascript; charset=utf-8"));
            Assert.That(answer.Headers["Access-Control-Allow-Origin"], Is.EqualTo("*"));
            Assert.That(answer.Headers["Cache-Control"], Does.Contain("public").And.Contain("max-age=3600"));
            Assert.That(answer.Headers["X-Content-Type-Options"], Is.EqualTo("nosniff"));
        }
    }

    [Test]
    public async Task A_cached_client_is_not_sent_again()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var plain = await engine.GetAsync("/sdk.js", key: null);
        var packed = await engine.GetAsync("/sdk.js", key: null, ("Accept-Encoding", "gzip, br"));

        var again = await engine.GetAsync("/sdk.js", key: null, ("If-None-Match", plain.Headers["ETag"]));
        var asPacked = await engine.GetAsync("/sdk.js", key: null, ("If-None-Match", packed.Headers["ETag"]));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((again.Status, again.Body), Is.EqualTo((HttpStatusCode.NotModified, "")));
            Assert.That(packed.Headers["Content-Encoding"], Is.EqualTo("gzip"));
            Assert.That(asPacked.Status, Is.EqualTo(HttpStatusCode.OK), "each encoding has its own ETag");
        }
    }

    [Test]
    public async Task The_demo_shop_is_served_only_by_the_demo()
    {
        await using var engine = await InProcessEngine.StartAsync();

        Assert.That((await engine.GetAsync("/shop", key: null)).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await engine.GetAsync("/shop/api/revenue", key: null)).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }
}
