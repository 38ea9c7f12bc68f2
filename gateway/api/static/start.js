// Shows the API description of this very gateway; asks no validator and no other address.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#description",
  deepLinking: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
