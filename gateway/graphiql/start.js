const query = `# 演示登录：把 accessToken 放进请求头 {"authorization": "Bearer …"}
query Nearby {
  nearbyStores(near: {longitude: 120.2, latitude: 30.29}, first: 5, filter: {openNow: true}) {
    edges { distance walkMinutes node { name address isOpen closesAt category { name } } }
  }
}
`;
const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const element = React.createElement(GraphiQL, { fetcher, defaultQuery: query });
ReactDOM.createRoot(document.getElementById("graphiql")).render(element);
