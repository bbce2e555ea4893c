export default { name: 'no actor' }
