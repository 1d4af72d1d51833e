using System.Net;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Host.Api;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Every route declares its access and responses, and the OpenAPI document is complete.</summary>
[TestFixture]
sealed class ApiDocumentTests : EngineFixture
{
    ApiContract _contract = null!;

    [OneTimeSetUp]
    public async Task ReadContractAsync() => _contract = await ApiContract.OfAsync(Engine);

    [Test]
    public void Every_route_declares_access_and_a_description()
    {
        var routes = Engine.Host.Routes.DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().ToArray();

        Assert.That(routes, Has.Length.GreaterThan(30));
        using (Assert.EnterMultipleScope())
        {
            foreach (var route in routes)
            {
                var metadata = route.Metadata;
                Assert.That(metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<IAllowAnonymous>() is not null, Is.True, $"{route}: access");
                if (metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
                {
                    Assert.That(metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName, Is.Not.Null, $"{route}: operation id");
                    Assert.That(metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary, Is.Not.Null.And.Not.Empty, $"{route}: summary");
                    Assert.That(metadata.GetMetadata<IEndpointDescriptionMetadata>()?.Description, Has.Length.GreaterThan(20), $"{route}: description");
                    Assert.That(_contract.Operations.Any(o => o.Path == "/" + route.RoutePattern.RawText!.Trim('/').Replace(":long", "", StringComparison.Ordinal)),
                        Is.True, $"{route}: in the document");
                }
            }
        }
    }

    // Native code has no reflection to make up for it.
    [Test]
    public void Every_body_is_in_the_source_generated_JSON()
    {
        var types = Engine.Host.Routes.DataSources.SelectMany(s => s.Endpoints)
            .SelectMany(route => route.Metadata.OfType<IProducesResponseTypeMetadata>().Select(produced => produced.Type).Concat(route.Metadata.OfType<IAcceptsMetadata>().Select(taken => taken.RequestType)))
            .OfType<Type>().Where(type => type != typeof(void) && !type.IsAssignableTo(typeof(IResult))).Distinct().ToArray();
        Assert.That(types, Has.Length.GreaterThan(50));
        Assert.That(types.Where(type => (ApiJson.Default.GetTypeInfo(type) ?? ContractsJson.Default.GetTypeInfo(type)) is null), Is.Empty);
    }

    [Test]
    public void Every_operation_has_a_tag_security_responses_and_problem_codes()
    {
        var tags = _contract.Document.GetProperty("tags").EnumerateArray().Select(t => t.GetProperty("name").GetString()).ToArray();

        using (Assert.EnterMultipleScope())
        {
            foreach (var (method, path, operation) in _contract.Operations)
            {
                var name = $"{method} {path}";
                Assert.That(operation.GetProperty("tags").EnumerateArray().Select(t => t.GetString()), Is.SubsetOf(tags), name);
                Assert.That(operation.TryGetProperty("security", out _), Is.True, $"{name}: security");
                var responses = operation.GetProperty("responses").EnumerateObject().ToArray();
                Assert.That(responses.Select(r => r.Name), Has.Some.StartsWith("1").Or.Some.StartsWith("2").Or.Some.StartsWith("3"), name);
                foreach (var response in responses.Where(r => r.Name[0] is '4' or '5'))
                {
                    Assert.That(
                        response.Value.GetProperty("content").TryGetProperty("application/problem+json", out var problem) ? problem.GetProperty("examples").EnumerateObject().Count() : 0,
                        Is.Positive, $"{name} {response.Name}: codes");
                }

                var parameters = ApiContract.Each(operation, "parameters");
                foreach (var parameter in parameters)
                {
                    Assert.That(parameter.GetProperty("description").GetString(), Is.Not.Empty, $"{name}: {parameter.GetProperty("name")}");
                }

                foreach (var part in path.Split('/').Where(p => p.StartsWith('{')))
                {
                    Assert.That(parameters.Select(p => p.GetProperty("name").GetString()), Does.Contain(part.Trim('{', '}')), name);
                }
            }

            Assert.That(_contract.Operations.Select(o => o.Operation.GetProperty("operationId").GetString()), Is.Unique);
        }
    }

    [Test]
    public void Every_schema_and_property_is_described()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var schema in _contract.Document.GetProperty("components").GetProperty("schemas").EnumerateObject().Where(s => s.Name != "ActionKind"))
            {
                Assert.That(schema.Value.TryGetProperty("description", out _), Is.True, schema.Name);
                if (!schema.Value.TryGetProperty("properties", out var properties))
                {
                    continue;
                }

                foreach (var property in properties.EnumerateObject())
                {
                    Assert.That(property.Value.TryGetProperty("description", out _) || property.Value.TryGetProperty("oneOf", out _)
                        || property.Value.TryGetProperty("$ref", out _), Is.True, $"{schema.Name}.{property.Name}");
                }
            }
        }
    }

    [TestCase("/v1/interventions")]
    [TestCase("/v1/conversions")]
    [TestCase("/v1/analytics/performance")]
    [TestCase("/v1/analytics/channels")]
    [TestCase("/v1/analytics/conversion")]
    [TestCase("/v1/analytics/reasons")]
    public async Task Report_columns_match_the_document(string path)
    {
        var csv = await Engine.GetAsync($"{path}?format=csv");
        var answer = _contract.Document.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses").GetProperty("200");
        var page = _contract.Resolve(answer.GetProperty("content").GetProperty("application/json").GetProperty("schema"));
        var row = _contract.Resolve(page.GetProperty("properties").GetProperty("items").GetProperty("items"));

        Assert.That(csv.Headers["Content-Type"], Is.EqualTo("text/csv; charset=utf-8; header=present"));
        Assert.That(csv.Body.TrimEnd().Split(','), Is.EqualTo(row.GetProperty("properties").EnumerateObject().Select(p => p.Name)));
    }

    [Test]
    public void The_event_schema_names_every_event_type()
    {
        var types = _contract.Document.GetProperty("components").GetProperty("schemas").GetProperty("EventBody").GetProperty("properties").GetProperty("type");

        Assert.That(types.GetProperty("enum").EnumerateArray().Select(name => name.GetString()), Is.EqualTo(EventTypes.Names));
    }

    [Test]
    public async Task The_documentation_page_loads_no_external_resources()
    {
        var page = await Engine.GetAsync("/docs/", key: null);
        var script = await Engine.GetAsync("/docs/scalar.js", key: null);

        Assert.That((page.Status, script.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(page.Body, Does.Contain("src=\"scalar.js\"").And.Not.Contain("https://").And.Not.Contain("http://"));
        Assert.That(page.Body, Does.Contain("\"showDeveloperTools\":\"never\"").And.Contain("\"telemetry\":false"));
        Assert.That(page.Headers["Content-Security-Policy"], Does.Contain("connect-src 'self'"));
        Assert.That(script.Body, Has.Length.GreaterThan(1_000_000));
    }

    [Test]
    public async Task The_document_is_cached_by_ETag()
    {
        var whole = await Engine.GetAsync("/openapi/v1.json", key: null);
        var again = await Engine.GetAsync("/openapi/v1.json", key: null, ("If-None-Match", whole.Headers["ETag"]));

        Assert.That(whole.Json.GetProperty("openapi").GetString(), Does.StartWith("3.1"));
        Assert.That(again.Status, Is.EqualTo(HttpStatusCode.NotModified));
    }
}
